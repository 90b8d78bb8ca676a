/** The stages of a job on a window of middle width: one name beside the other, none over it. */
import { setViewport } from '@web/test-runner-commands';
import { expect } from 'chai';
import '../../../src/ui/views/usb-view.ts';
import { mount, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices } from '../../doubles/services.ts';
import { plannedState, stagesUpTo, usbJob } from '../../doubles/usb-services.ts';

describe('the stages of a job by cable', () => {
  afterEach(async () => {
    unmountAll();
    await setViewport({ width: 800, height: 600 });
  });

  for (const width of [768, 900, 1024]) {
    it(`stand beside each other at ${width} px`, async () => {
      await setViewport({ width, height: 800 });
      const { services } = demoServices();
      const state = plannedState({ phase: 'working', job: usbJob({ stages: stagesUpTo('read', 100_000) }) });
      services.usb.put(state);
      const view = document.createElement('ot-usb-view');
      view.services = services;
      view.route = { view: 'usb', portId: state.portId };
      mount(view, { in: 'main' });
      await until(() => document.querySelector('.track'), 'the track');
      const names = [...document.querySelectorAll('.track-name')].map((name) => {
        const range = document.createRange();
        range.selectNodeContents(name);
        return range.getBoundingClientRect();
      });
      for (const [index, name] of names.entries()) {
        const next = names[index + 1];
        if (next && Math.abs(next.top - name.top) < 8) expect(name.right, `name ${index}`).to.be.at.most(next.left);
      }
    });
  }
});
