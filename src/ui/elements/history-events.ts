/** What a person may ask for from a device's history. */

/** Install this firmware again. */
export class ReinstallEvent extends Event {
  static readonly type = 'ot-reinstall';
  readonly sha256: string;

  constructor(sha256: string) {
    super(ReinstallEvent.type, { bubbles: true, composed: true });
    this.sha256 = sha256;
  }
}

/** Boot the slot that waits. */
export class RollbackEvent extends Event {
  static readonly type = 'ot-rollback';
  readonly slot: string;

  constructor(slot: string) {
    super(RollbackEvent.type, { bubbles: true, composed: true });
    this.slot = slot;
  }
}

declare global {
  interface HTMLElementEventMap {
    'ot-reinstall': ReinstallEvent;
    'ot-rollback': RollbackEvent;
  }
}
