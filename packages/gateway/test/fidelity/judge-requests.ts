import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { CheckRequest } from './api-descriptions.ts';
import type { RecordedRequest, Translated } from './asked-chats.ts';
import { differencesIn } from './meaning.ts';
import { type Scenario, wiresOf } from './scenarios.ts';
import { askingReaders } from './wires/asking-readers.ts';

/** A request of one wire that an upstream of another got. */
export interface Heard extends Translated {
  readonly body: object;
}

export function isHeard(translated: Translated): translated is Heard {
  return translated.body !== undefined;
}

/** Addresses are fetched for wires that take none, which a test does not do. */
export function needsFetching({ asking }: RecordedRequest): boolean {
  return JSON.stringify(asking).includes(': at http');
}

/** What of a recorded request arrived as something else. */
export function faultsOfMeaning({ from, to, body }: Heard): string[] {
  const { recording, asking } = from;
  const heard = askingReaders[to](body);
  const found = differencesIn({ from: recording.wire, to, asked: asking, heard });
  // A document of Cohere's within a result has a name and fields, which others have elsewhere or nowhere.
  const hasDocuments = recording.wire === 'cohere-chat' && /"role":"tool".*"document":/s.test(recording.request);
  return hasDocuments ? found.filter((one) => one !== 'turns') : found;
}

/** A refusal is the caller's fault, and names the field. */
export function faultsOfRefusal({ refusal }: Translated): string[] {
  const names =
    /(?:messages|contents|input|modalities|stop|stop_sequences|generationConfig|document|prompt|cachedContent)[\w.[\]]*/;
  return names.test(refusal) && refusal.includes('"message"') ? [] : [`refused: ${refusal.slice(0, 300)}`];
}

/**
 * What was sent differs from what the same library sent to providers of that wire in the same scenario, where it asked
 * both of the same: all its members must be those of one of them.
 */
export function faultsOfScenario({ requests }: Scenario, { from, to, body }: Heard): string[] {
  const heard = askingReaders[to](body);
  let fewest: string[] | undefined;
  for (const other of requests.filter(({ recording }) => recording.wire === to)) {
    const compared = { from: from.recording.wire, to, asked: other.asking };
    // Limits and the way to ask for JSON are the library's choice for each provider.
    const others = new Set([...differencesIn({ ...compared, heard: from.asking }), 'limits']);
    const found = differencesIn({ ...compared, heard }).filter((member) => !others.has(member));
    if (fewest === undefined || found.length < fewest.length) fewest = found;
  }
  return fewest ?? [];
}

export interface AskedIn {
  readonly scenario: Scenario;
  readonly from: RecordedRequest;
  readonly to: ProtocolName;
}

/** Every request of a scenario, for every other wire that it was played on. */
export function pairsOf(scenarios: readonly Scenario[]): AskedIn[] {
  return scenarios.flatMap((scenario) =>
    scenario.requests.flatMap((from) =>
      [...wiresOf(scenario.requests)]
        .filter((to) => to !== from.recording.wire && !needsFetching(from))
        .map((to) => ({ scenario, from, to })),
    ),
  );
}

/** Checks bodies against the descriptions of APIs, where those accept what providers really accepted. */
export class DescriptionCheck {
  readonly #checks: Partial<Record<ProtocolName, CheckRequest>>;
  /** What descriptions say against requests that were answered: there they are wrong. */
  readonly #wrong = new Map<ProtocolName, Set<string>>();

  constructor(checks: Partial<Record<ProtocolName, CheckRequest>>, real: readonly RecordedRequest[]) {
    this.#checks = checks;
    for (const { recording, body } of real) {
      const wrong = this.#wrong.get(recording.wire) ?? new Set();
      this.#wrong.set(recording.wire, wrong);
      for (const violation of checks[recording.wire]?.(body) ?? []) wrong.add(violation);
    }
  }

  faultsOf({ to, body }: Heard): string[] {
    const found = new Set(this.#checks[to]?.(body) ?? []);
    return [...found].filter((violation) => this.#wrong.get(to)?.has(violation) !== true);
  }
}
