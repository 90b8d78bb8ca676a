/** What is tried against OpenSSL, as one bundle for Node. */
export * from '../../src/app/trust/key-ring.ts';
export * from '../../src/core/trust/detached-signature.ts';
export * from '../../src/core/trust/fingerprint.ts';
export * from '../../src/core/trust/key-export.ts';
export * from '../../src/core/trust/pbes2.ts';
export * from '../../src/core/trust/private-key.ts';
export * from '../../src/core/trust/public-key.ts';
export * from '../../src/core/trust/signing-key.ts';
export * from '../../src/ui/views/keys/openssl-words.ts';
export * from '../doubles/memory-keys.ts';
