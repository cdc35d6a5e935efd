import type { Pickers } from '../routing/pickers.ts';
import type { TierPicker } from '../routing/strategies/define-strategy.ts';

/**
 * The pickers of a process, for a choice that is not to count: once it is over, each stands where it stood before.
 * Nothing else may pick meanwhile, so it is begun and ended within one turn. A class for its state only.
 */
export class Rehearsal implements Pickers {
  readonly #pickers: Pickers;
  readonly #undo = new Map<TierPicker, () => void>();

  constructor(pickers: Pickers) {
    this.#pickers = pickers;
  }

  of(...place: Parameters<Pickers['of']>): TierPicker {
    const picker = this.#pickers.of(...place);
    if (!this.#undo.has(picker)) this.#undo.set(picker, picker.mark?.() ?? (() => {}));
    return picker;
  }

  end(): void {
    for (const undo of this.#undo.values()) undo();
    this.#undo.clear();
  }
}
