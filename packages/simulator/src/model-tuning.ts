import { isPrefillManner, type PrefillManner } from './prefill.ts';

/** A model name and the settings written after it: `sim?tokens=10&gap=5`. */
export interface TunedModel {
  /** The name in lower case, without a provider prefix (`openai/`) and settings. */
  readonly name: string;
  /** The name before a colon: `f1` of `f1:anything`. */
  readonly scenario: string;
  /** The numbers of the settings by name; what is no number is left out. */
  readonly settings: Readonly<Record<string, number>>;
  /** The one setting that is a word. */
  readonly prefill: PrefillManner | undefined;
}

/** Reads a model name. Never throws. */
export function parseModelTuning(model: string): TunedModel {
  const mark = model.indexOf('?');
  const whole = (mark === -1 ? model : model.slice(0, mark)).toLowerCase();
  const name = whole.slice(whole.lastIndexOf('/') + 1);
  const colon = name.indexOf(':');
  return {
    name,
    scenario: colon === -1 ? name : name.slice(0, colon),
    settings: mark === -1 ? {} : parseSettings(model.slice(mark + 1)),
    prefill: mark === -1 ? undefined : parsePrefill(model.slice(mark + 1)),
  };
}

function parsePrefill(text: string): PrefillManner | undefined {
  const manner = new URLSearchParams(text).get('prefill') ?? '';
  return isPrefillManner(manner) ? manner : undefined;
}

function parseSettings(text: string): Record<string, number> {
  const settings: Record<string, number> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const number = Number(value);
    if (value !== '' && Number.isFinite(number) && number >= 0) settings[name] = Math.min(number, 1e9);
  }
  return settings;
}
