import type { ProtocolName } from '../../../src/canonical/protocol-name.ts';

/** What an answer says, whatever wire it came on: read by hand, without any of the gateway's code. */
export interface Reading {
  text: string;
  refusal: string;
  reasoning: string;
  calls: Call[];
  /** It holds pictures or sound, whatever they show or say. */
  hasMedia: boolean;
  finish: FinishClass | undefined;
  usage: TokenCounts | undefined;
  /** Texts of the choices after the first. */
  others: string[];
  /** The words of an error in the answer or in its stream. */
  error: string | undefined;
  /** It ended as its wire says an answer ends. */
  isWhole: boolean;
  /** What is against the rules of its wire. */
  faults: string[];
}

export interface Call {
  name: string;
  /** Parsed; text where a model wrote what is no JSON. */
  arguments: unknown;
}

/** `input` with what came from a cache or went there, `output` with reasoning. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

export type FinishClass = 'stop' | 'length' | 'tools' | 'filter' | 'refusal' | 'paused' | 'other';

export type ReadAnswer = (body: Buffer, isStream: boolean) => Reading;
export type Readers = Readonly<Record<ProtocolName, ReadAnswer>>;

export function emptyReading(): Reading {
  return {
    text: '',
    refusal: '',
    reasoning: '',
    calls: [],
    hasMedia: false,
    finish: undefined,
    usage: undefined,
    others: [],
    error: undefined,
    isWhole: false,
    faults: [],
  };
}

/** The class of a word; a word that the table does not have is `other`, no word is no class. */
export function classOf(word: unknown, classes: Readonly<Record<string, FinishClass>>): FinishClass | undefined {
  if (typeof word !== 'string' || word === '') return undefined;
  return classes[word] ?? 'other';
}
