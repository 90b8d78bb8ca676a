/** All that the USB use cases need of this room, joined. */
import type { Clock } from '../../app/ports.ts';
import { withoutFirmware } from '../../app/usb/stale-answer.ts';
import type { UsbPorts } from '../../app/usb/usb-ports.ts';
import { BroadcastNotifier } from '../page/tabs.ts';
import type { OtterDatabaseHandle } from '../store/database.ts';
import { IdbDeviceStore } from '../store/device-store.ts';
import { IdbAdapterMemory } from './adapter-memory.ts';
import { LoaderConnector } from './connector.ts';
import { PortRegistry, webSerialOf } from './port-registry.ts';
import { VirtualPort, type CableWorker } from './virtual-port.ts';
import { wireOpener } from './wire.ts';

interface SerialDoorParts {
  readonly clock: Clock;
  readonly database: OtterDatabaseHandle;
  /** In which the virtual devices live. */
  readonly worker: () => Promise<CableWorker>;
}

export function openSerialDoor({
  clock,
  database,
  worker,
}: SerialDoorParts): Pick<UsbPorts, 'registry' | 'openWire' | 'connector' | 'memory' | 'flashChanged'> {
  const devices = new IdbDeviceStore(database);
  // One of its own: whoever keeps the devices of this page hears it as those of other tabs do.
  const notifier = new BroadcastNotifier();
  return {
    registry: new PortRegistry({
      webSerial: webSerialOf(navigator),
      openVirtual: (deviceId) => {
        const port = new VirtualPort(deviceId, worker);
        void port.introduce();
        return port;
      },
    }),
    openWire: wireOpener(clock),
    connector: new LoaderConnector(clock),
    memory: new IdbAdapterMemory(database, clock),
    flashChanged: async (deviceId) => {
      const info = (await devices.all()).find(({ id }) => id === deviceId)?.lastInfo;
      if (!info) return;
      await devices.change(deviceId, { lastInfo: withoutFirmware(info) });
      notifier.tell('devices');
    },
  };
}
