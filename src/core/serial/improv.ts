/** Improv over serial (https://www.improv-wifi.com/serial/): Wi-Fi credentials for a device that just got its firmware. Both ends. */

export interface ImprovInfo {
  readonly firmware: string;
  readonly version: string;
  readonly chip: string;
  readonly deviceName: string;
}

export interface ImprovNetwork {
  readonly name: string;
  /** dBm */
  readonly rssi: number;
  readonly secured: boolean;
}
