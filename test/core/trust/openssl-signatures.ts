/**
 * Signatures that OpenSSL 3.0.19 made over `MESSAGE` with keys that were thrown away. Made by
 * `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem` (`-algorithm EC -pkeyopt ec_paramgen_curve:P-256`, `-algorithm ed25519`),
 * `openssl dgst -sha256 -sign key.pem -out m.sig m.bin` (Ed25519: `openssl pkeyutl -sign -rawin -inkey key.pem -in m.bin -out m.sig`) and
 * `openssl pkey -in key.pem -pubout -outform DER`; base64 throughout.
 */
import { fromBase64 } from '../../../src/core/bytes/base64.ts';
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';

export const MESSAGE = new TextEncoder().encode('otter firmware\n');

export interface OpensslSignature {
  readonly publicKey: PublicKey;
  readonly signature: Uint8Array<ArrayBuffer>;
}

const made = (spki: string, signature: string): OpensslSignature => ({
  publicKey: parsePublicKey(fromBase64(spki)),
  signature: fromBase64(signature),
});

export const OPENSSL_SIGNATURES = {
  'RSA-2048': made(
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4QdzASd/f7W9ZYJkX0hsBmMdJLzOVaJPAzace0Bk/7oXEPGTuSLMUgj1IkhGUgFoCgYzIoVdMRxUnmnodE5Ldmg66DBc+DfRH0NRSAbD0FfsDPqIEoNvDNAaZ3GsCijN/ymknCcPgKLCrHMaGiLZ25IYTHLYwF+qc2fBmFUDxX+QzP6JkvIaW8Cn09WBIHvGwb+6LgsO6q76f7gHr7db7yo2f1VTQB4ECy2lEzjrYOz1RqkklIPXiFbg5RrEK9kn9+jgfwaGDNLOgCYi6M3hbvhSioQAyV17+kAlpakPliKOX+nkEGJiVnVm566GXAsQmuWZGW5nvGTDlb/+APnFYwIDAQAB',
    'ULq7hPFHSeVjYVLB7y3HHyZj24g+G4mYFNF/HCYyJ8q/Wc14MOQLPvyaV+6+XUz3tce8yzOJbZK3+ogIFN1AEZMP8/gi8jzV4tfto1nGdqn4d4qDUUhvCCCgmzVR7yPptWXkTLWaK/w3MW62mdzozQ3htENyhL2Q+xHP/HC19WUxSroPkKO5JxPhq5E6Ek6cJgW8+w8WMTrBn9xyap5m5EXXc0Oh3fOiLy/GXIMF14LNSN8hFl1RYWxHQCb95vSOdb6XHRB1ACU0Z+ftAnRprVNDAtqpO0Ud60pnWXX4ulvE/jLU/K7PZu5r/WmqT6WtpDTzfa2iKgzIRf+b/PfZGg==',
  ),
  'P-256': made(
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4Vl6eibcL4zyVJGHEkHltsAaSoI4S59pUydNcLD8OnCOHBs6cCNZ3Jk5+dQ6zjpK9G4TdlyQdXQ+LYxjFrvMew==',
    'MEQCIEqMGwg13GhrQpZxEtCmLLbByC0fpooRGGBRn/QgKsijAiBAFJJAUkKfJKO+ueFx+KrG5oNR/kKJp3OIpajegl7wbQ==',
  ),
  'P-384': made(
    'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAED9HkXeTXuTHJECaNAsWZNbSy391wMHQ6iPXAaZauh7ndgR1VamZP+Z6PUjE2m45BnKRy6xCyJIixrkSlOwCXMnGstmsQfTqKPP1Ae6DjvijD/B6AKIY+vwW/LHg11jST',
    'MGUCMDLDLKMiOp1BEAotW57Neaa8TOyxnxg0BpeLLCPKmzZdxQLMyrjXS1KjcV96iXnIEgIxAPO7ay84EJtZe24zk3HwrCTW86WWp84P9FDoGwgdQ1bfbCQuG2TQjHw2QdJ/S6nXtw==',
  ),
  'P-521': made(
    'MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAOBHrn+Fl5nuN2nAQOvHkEtxB80Zw/dtKKC99Awhp3j3sFY9uJaTBKGt4POdbCEH5QtU68l5W72xIsmWRkte8Y4cByO5VvBtUZY5J6QGbyPbogSRIi3havJioXYC6L1//KI3naIp0qQjWjP31nbJVTpZcbxGtgdGAt9wLparfcfTl/jg=',
    'MIGIAkIAqK4dsx9Oz7gzANPrE+MB7uRz6ybvudp/qRL6NOW/kntRhKCizOqfzsasup8rqYCK7aCY3dqiEJlQVm51ze4n4XUCQgHsdJ2aSscTshPeOK1aGLInhungisAttVcrwWW9bIIgO1Nvx73jn2EpaHD/OWgqVmfCawJ9X5SID6k1tl/IrR4eTA==',
  ),
  'P-192': made(
    'MEkwEwYHKoZIzj0CAQYIKoZIzj0DAQEDMgAEt9jTj2pEjFYElTYRcJDTPn173PVCvynFveJ8bCbT+iJFalNB5h1J+dHNITLprp4Q',
    'MDYCGQDr0KU/1l5zlX6JT+3udWidqfvn86HmuNsCGQDaQjF0DjLckN/EqUkqYZzFsNsdctCp5JU=',
  ),
  Ed25519: made(
    'MCowBQYDK2VwAyEAQzFYVKLRgfoBo6AFfkIALUijtCUk03XUFyTJ35GfE4g=',
    'sxj3j0dUPKoHXOc+fazN0EXUi/ydGfE4dmzdRthQjOp+Hcvpy74uU2EIibfBtDK6QvXpxOoQlah2fucAkoW3Ag==',
  ),
} as const satisfies Record<string, OpensslSignature>;
