import { isDeepStrictEqual } from 'node:util';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { Asking } from './wires/asking.ts';

/** Two readings of what is to mean the same. */
export interface Compared {
  readonly from: ProtocolName;
  readonly to: ProtocolName;
  readonly asked: Asking;
  readonly heard: Asking;
}

interface Normalisation {
  readonly name: string;
  /** The readings with the difference taken out of them; undefined where it is not there. */
  readonly apply: (compared: Compared) => Partial<Pick<Compared, 'asked' | 'heard'>> | undefined;
}

type Members = readonly (keyof Asking)[];
const members: Members = ['system', 'turns', 'tools', 'choice', 'limits', 'format'];

/** What is not said alike in both, after everything that a name explains. */
export function differencesIn(compared: Compared): string[] {
  let { asked, heard } = compared;
  for (const { apply } of normalisations) {
    const changed = apply({ ...compared, asked, heard });
    asked = changed?.asked ?? asked;
    heard = changed?.heard ?? heard;
  }
  return members.filter((key) => !isDeepStrictEqual(tight(asked[key]), tight(heard[key])));
}

/** Without spaces: wires join texts in different ways. */
function tight(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null).replace(/(?:\\[nrt]|\s)+/g, ''));
}

const normalisations: readonly Normalisation[] = [
  {
    name: 'names of tools that begin with a digit become others where the wire insists on a letter',
    apply: ({ to, asked, heard }) =>
      to === 'gemini' || to === 'cohere-chat' ? { heard: withAskedNames(asked, heard) } : undefined,
  },
  {
    name: 'a wire that insists on a limit of tokens gets one',
    apply: ({ to, asked, heard }) =>
      to === 'anthropic-messages' && asked.limits.maxTokens === undefined
        ? { heard: { ...heard, limits: { ...heard.limits, maxTokens: undefined } } }
        : undefined,
  },
  {
    name: "numbers below a wire's least or above its greatest are moved to it",
    apply: ({ to, asked, heard }) => {
      const { maxTokens, topP, temperature } = asked.limits;
      const limits = { ...asked.limits };
      if (to === 'openai-responses' && Number(maxTokens) < 16) limits.maxTokens = 16;
      if (to === 'cohere-chat' && Number(topP) > 0.99) limits.topP = 0.99;
      if (Number(topP) < 0) limits.topP = heard.limits.topP;
      if (Number(temperature) > 1 && heard.limits.temperature === 1) limits.temperature = 1;
      return { asked: { ...asked, limits } };
    },
  },
  {
    name: 'models of Anthropic take one of temperature and top_p, neither while they think, and a limit above what they think',
    apply: ({ to, asked, heard }) => {
      if (to !== 'anthropic-messages') return undefined;
      const { temperature, topP, maxTokens } = heard.limits;
      const limits = {
        ...asked.limits,
        temperature: temperature === undefined ? undefined : asked.limits.temperature,
        topP: topP === undefined ? undefined : asked.limits.topP,
        maxTokens: Number(maxTokens) > Number(asked.limits.maxTokens) ? maxTokens : asked.limits.maxTokens,
      };
      return { asked: { ...asked, limits } };
    },
  },
  {
    name: 'a wish for any JSON is said in words where there is no member for it',
    apply: ({ asked, heard }) =>
      asked.format === 'json' && heard.format === undefined
        ? {
            heard: {
              ...heard,
              format: 'json',
              system: withoutEnd(heard.system, /Answer with (?:JSON only|a single valid JSON)[\s\S]*$/),
            },
          }
        : undefined,
  },
  {
    name: 'a wish for no calls is said in words where there is no member for it',
    apply: ({ asked, heard }) =>
      asked.choice === 'none' && heard.choice === undefined
        ? {
            asked: { ...asked, tools: heard.tools },
            heard: { ...heard, choice: 'none', system: withoutEnd(heard.system, /Do not call any tools\.[\s\S]*$/) },
          }
        : undefined,
  },
  {
    name: 'one tool to choose becomes the only tool, which is required',
    apply: ({ to, asked, heard }) => {
      const { choice } = asked;
      if (to !== 'cohere-chat' || heard.choice !== 'required' || choice === 'required') return undefined;
      return { asked: { ...asked, choice: 'required', tools: asked.tools.filter(({ name }) => name === choice) } };
    },
  },
  {
    name: 'a choice that is the default may be said or not',
    apply: ({ asked, heard }) => ({ asked: withoutAuto(asked), heard: withoutAuto(heard) }),
  },
  {
    name: 'a tool that was called is declared where the wire insists',
    apply: ({ asked, heard }) => {
      if (asked.tools.length > 0) return undefined;
      const choice = asked.choice ?? (heard.choice === 'none' ? undefined : heard.choice);
      const system = withoutEnd(heard.system, /Do not call any tools\.[\s\S]*$/);
      const isCalled = asked.turns.some(({ items }) => items.some((item) => /^(?:call|result): /.test(item)));
      return isCalled ? { heard: { ...heard, tools: [], choice, system } } : undefined;
    },
  },
  {
    name: 'limits that a strict schema may not have go into the description',
    apply: ({ to, asked, heard }) =>
      to === 'anthropic-messages'
        ? {
            asked: { ...asked, tools: withoutBounds(asked.tools), format: withoutBounds(asked.format) },
            heard: { ...heard, tools: withoutBounds(heard.tools), format: withoutBounds(heard.format) },
          }
        : undefined,
  },
  {
    name: 'a line of bookkeeping for its own provider is left out',
    apply: ({ asked }) => ({
      asked: { ...asked, system: asked.system.replace(/^x-anthropic-billing-header:[^\n]*\n?/, '') },
    }),
  },
  {
    name: 'instructions in the middle of a conversation, or alone, are said by the user',
    apply: ({ asked, heard }) => ({ heard: withSystemOutside(asked, withoutReminders(heard)) }),
  },
  {
    name: 'a conversation that nobody begins is begun',
    apply: ({ asked, heard }) => {
      const [first, ...rest] = heard.turns;
      if (asked.turns[0]?.role === 'user' || !first?.items[0]?.startsWith('text: Begin.')) return undefined;
      return { heard: { ...heard, turns: rest } };
    },
  },
  {
    name: 'media of a result follow it, with a word of whose they are',
    apply: ({ heard }) => ({
      heard: mapItems(heard, (items) =>
        items
          .filter((item) => !/^text: (?:(?:Images|Attachments) of the result of|\(see the document\)$)/.test(item))
          .map((item) => item.replace(/^result: See the (?:attachments|images)\.$/, 'result: ')),
      ),
    }),
  },
  {
    name: 'documents of plain text are told by their names',
    apply: ({ asked, heard }) => {
      const said = new Set(asked.turns.flatMap(({ items }) => items));
      const unnamed = (items: string[]) => items.map((item) => (said.has(item) ? item : withoutName(item)));
      return { heard: mapItems(heard, unnamed) };
    },
  },
  {
    name: 'results come first in their turn, documents last, and a call that nobody answered gets an empty result',
    apply: ({ asked, heard }) => ({ asked: mapItems(asked, inOrder), heard: mapItems(heard, inOrder) }),
  },
  {
    name: 'what a search found is told as each wire has it',
    apply: ({ asked, heard }) => ({ asked: mapItems(asked, wordsOfFinds), heard: mapItems(heard, wordsOfFinds) }),
  },
  {
    name: 'arguments that are no object go into one',
    apply: ({ heard }) => ({
      heard: mapItems(heard, (items) =>
        items.map((item) => item.replace(unreadable, (_, text: string) => plainJson(text))),
      ),
    }),
  },
];

function withoutEnd(text: string, end: RegExp): string {
  return text.replace(end, '').trimEnd();
}

function withAskedNames(asked: Asking, heard: Asking): Asking {
  const numbered = asked.tools.filter(({ name }) => /^\d\w*$/.test(name));
  return numbered.reduce((reading, { name }) => {
    const text = JSON.stringify(reading).replace(new RegExp(`(?<=[" ])_${name}_[0-9a-f]{8}(?=[" ])`, 'g'), name);
    return JSON.parse(text) as Asking;
  }, heard);
}

function withoutAuto(asking: Asking): Asking {
  return asking.choice === 'auto' || asking.tools.length === 0 ? { ...asking, choice: undefined } : asking;
}

function mapItems(asking: Asking, change: (items: string[]) => string[]): Asking {
  return { ...asking, turns: asking.turns.map(({ role, items }) => ({ role, items: change(items) })) };
}

function inOrder(items: string[]): string[] {
  const isResult = (item: string) => item.startsWith('result: ');
  const isEmpty = (item: string) => item === 'result: ';
  return [
    ...items.filter((item) => isResult(item) && !isEmpty(item)),
    ...items.filter((item) => !isResult(item)).sort(),
  ];
}

/** Words of a result that names an address, in any order, without the names of members. */
function wordsOfFinds(items: string[]): string[] {
  return items.map((item) => {
    if (!/^result: .*(?:https:\/\/|\{"|docs$)/.test(item)) return item;
    const words = new Set(item.match(/[\p{L}\p{N}]+/gu));
    for (const label of ['document', 'title', 'url', 'source', 'data', 'true']) words.delete(label);
    return `result: ${[...words].sort().join(' ')}`;
  });
}

const unreadable = /\{"unreadable_arguments":(".*")\}$/;

function plainJson(text: string): string {
  const inner = JSON.parse(text) as string;
  try {
    return JSON.stringify(JSON.parse(inner));
  } catch {
    return text;
  }
}

function withoutName(item: string): string {
  return item
    .replace(/^text: <document title="[^"]*">\n([\s\S]*?)\s*<\/document>$/, 'text: $1')
    .replace(/^text: \S+\n\n/, 'text: ');
}

function withSystemOutside(asked: Asking, heard: Asking): Asking {
  const said = `text: ${asked.system}`;
  if (asked.system === '' || heard.system !== '' || !heard.turns.some(({ items }) => items.includes(said)))
    return heard;
  const rest = mapItems(heard, (items) => items.filter((item) => item !== said));
  return { ...rest, system: asked.system, turns: rest.turns.filter(({ items }) => items.length > 0) };
}

/** Reminders go back among the instructions. */
function withoutReminders(heard: Asking): Asking {
  const reminders: string[] = [];
  const rest = mapItems(heard, (items) =>
    items.filter((item) => {
      const reminder = /^text: <system-reminder>\n([\s\S]*)\n<\/system-reminder>$/.exec(item)?.[1];
      if (reminder !== undefined) reminders.push(reminder);
      return reminder === undefined;
    }),
  );
  return { ...rest, system: [heard.system, ...reminders].filter((text) => text !== '').join('\n') };
}

const bounds: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'pattern',
  'format',
  'default',
]);

function withoutBounds<T>(value: T): T {
  const text = JSON.stringify(value, (key, item: unknown) => {
    if (bounds.has(key) && typeof item !== 'object') return undefined;
    return key === 'description' && typeof item === 'string' ? item.replace(/\s*\{[^{}]*\}$/, '') : item;
  });
  return text === undefined ? value : (JSON.parse(text) as T);
}
