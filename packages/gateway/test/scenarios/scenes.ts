import { answerText, type Behaviour } from '@llm-gateway/simulator';
import type { Outcome } from './outcome.ts';
import type { Cast } from './stage.ts';

/** A failure under many requests at the same time. */
export interface Scene extends Cast {
  readonly id: string;
  /** What a caller may get, by mode. */
  readonly stream: readonly Outcome['kind'][];
  readonly unary: readonly Outcome['kind'][];
  /** What the first target plays for the request with this number, by the attempts that it has got of it before. */
  readonly each?: (number: number, before: number) => Behaviour | string;
  /** Callers leave before their reply is over. */
  readonly leaves?: true;
  /** Callers read with pauses. */
  readonly isSlow?: true;
  /** Requests served at the same time, where it is not all of them. */
  readonly maxConcurrent?: number;
  readonly text?: string;
}

const whole = { stream: ['whole'], unary: ['whole'] } as const;
const kept = { stream: ['whole', 'broken'], unary: ['whole'] } as const;
const refused = { stream: ['refused'], unary: ['refused'] } as const;
const good: Behaviour = { kind: 'answer' };

/** For the first attempt of each request; later ones are answered. */
const once = (fault: Behaviour | string) => (_: number, before: number) => (before === 0 ? fault : good);
/** Each request meets one of some faults, for ever. */
const oneOf = (faults: readonly (Behaviour | string)[]) => (number: number) => faults[number % faults.length]!;

/** Words of an answer here. */
export const words = 20;

/** One for each scenario. */
export const scenes: readonly Scene[] = [
  { id: 'F1', first: 'sim', each: once('f1'), ...whole },
  { id: 'F2', first: 'f2', ...whole },
  { id: 'F3', first: 'sim', each: once({ kind: 'status', status: 500 }), ...whole },
  { id: 'F4', first: 'f4', ...whole },
  { id: 'F5', first: 'sim', each: once({ kind: 'reset', when: 'before-headers' }), ...whole },
  { id: 'F6', first: 'f6', ...whole },
  { id: 'F7', first: 'f7?seconds=5', ...whole },
  { id: 'F8', first: 'sim', each: oneOf(['f8?after=12', 'f8b?after=12', 'f8c?after=12', 'sim']), ...kept },
  { id: 'F9', first: 'f9?after=8&seconds=20', ...kept },
  { id: 'F10', first: 'f10?after=8', ...kept },
  { id: 'F11', first: 'f11', ...whole },
  { id: 'F12', first: 'f12', ...whole },
  { id: 'F13', first: 'f13', ...refused },
  { id: 'F14', first: 'f14a?after=12', second: 'f14b', ...kept },
  { id: 'F15', first: 'f15?seconds=0.3', ...whole },
  { id: 'F16', first: 'f16', ...whole },
  { id: 'F17', first: 'sim', each: oneOf(['f17a', 'f17b?after=8', 'f17c', 'f17d?after=8']), ...kept },
  { id: 'F18', first: 'sim', each: oneOf(['f18a', 'f18b', 'f18c', 'f18d', 'f18e']), ...whole },
  { id: 'F19', first: 'sim', each: oneOf(['f19b', 'f19c', 'f19d', 'f19e', 'f19g', 'f19h']), ...whole },
  { id: 'F20a', first: 'f20a?rate=40', firstTarget: { timeout_seconds: 0.6 }, ...whole },
  { id: 'F20b', first: 'f19g?tokens=500', second: null, isSlow: true, text: answerText(500), ...whole },
  {
    id: 'F21',
    first: 'sim',
    each: oneOf(['f21a', 'f21b', 'f9?after=8', 'f21c']),
    leaves: true,
    maxConcurrent: 120,
    ...whole,
  },
  { id: 'F22', first: 'sim', each: oneOf(['f22b', 'f22c', { kind: 'reset', when: 'before-headers' }]), ...whole },
  { id: 'F23', first: 'f23', ...whole },
  { id: 'F24', first: 'f24', ...whole },
  { id: 'F25', first: 'f4', second: 'f4', ...refused },
];
