import type {
  ChatRequest,
  MediaPart,
  OutputFormat,
  Part,
  Tool,
  ToolChoice,
  Turn,
} from '../../src/canonical/conversation.ts';
import { parseExact } from '../../src/framing/exact-json.ts';

/** What of a request no translation may lose or change, in a form in which wires do not differ. */
export interface ToldRequest {
  /** Texts of system and developer, wherever they stood. */
  readonly system: string;
  /** What was said and done, in order. */
  readonly acts: readonly Act[];
  /** Pictures, in order; some wires have them behind the results that they came with. */
  readonly images: readonly string[];
  readonly tools: readonly unknown[];
  readonly toolChoice: unknown;
  readonly outputFormat: OutputFormat['type'];
  readonly maxOutputTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly stopSequences: readonly string[];
}

type Act =
  | readonly [type: 'user' | 'assistant', text: string]
  | readonly [type: 'call', name: string, input: unknown]
  /** The number of the call that it answers, and its text. */
  | readonly [type: 'result', call: number, text: unknown];

/** The essence of a request. Named normalisations are the functions that it calls. */
export function toldOf(request: ChatRequest): ToldRequest {
  const spoken = request.turns.filter((turn) => !isSystem(turn));
  const calls = spoken.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])));
  return {
    system: request.turns.filter(isSystem).map(textOf).join('\n'),
    acts: joinTexts(mergeTurns(spoken).flatMap((turn) => actsOf(turn, calls))),
    images: spoken.flatMap(({ parts }) => parts.flatMap(imagesOf)).sort(),
    tools: offered(request).map(toldTool),
    toolChoice: request.tools.length === 0 ? undefined : toldChoice(request.toolChoice),
    outputFormat: request.outputFormat?.type ?? 'text',
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    stopSequences: request.stopSequences,
  };
}

function isSystem({ role }: Turn): boolean {
  return role === 'system' || role === 'developer';
}

function textOf({ parts }: Turn): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** Turns of one side that follow one another are one. */
function mergeTurns(turns: readonly Turn[]): Turn[] {
  const merged: Turn[] = [];
  for (const { role, parts } of turns) {
    const last = merged.at(-1);
    if (last?.role === role) merged[merged.length - 1] = { role, parts: [...last.parts, ...parts] };
    else merged.push({ role, parts });
  }
  return merged;
}

/** Results come before what else the user says, and what the assistant says before its calls, as most wires want it. */
function actsOf({ role, parts }: Turn, calls: readonly string[]): Act[] {
  const side = role === 'assistant' ? 'assistant' : 'user';
  const texts = parts.flatMap((part): Act[] => {
    if (part.type === 'text' || part.type === 'refusal') return isSaid(part.text) ? [[side, part.text]] : [];
    return part.type === 'document' ? documentText(part) : [];
  });
  const done = parts.flatMap((part): Act[] => {
    if (part.type === 'tool-call') return [['call', part.name, parsed(part.arguments)]];
    return part.type === 'tool-result' ? [['result', calls.indexOf(part.callId), resultText(part.content)]] : [];
  });
  return side === 'assistant' ? [...texts, ...done] : [...done, ...texts];
}

/** Captions of pictures that stand behind the results that they came with are the gateway's; blanks are nobody's. */
function isSaid(text: string): boolean {
  return text.trim() !== '' && !/^(?:Attachments|Images) of the result of .*:$/.test(text);
}

/** Documents of plain text are text where a wire has no documents. */
function documentText({ source }: MediaPart): Act[] {
  return source.kind === 'text' ? [['user', source.text]] : [];
}

/** A result that is JSON is the same however it is spaced. */
function resultText(content: readonly Part[]): unknown {
  return parsed(content.map((part) => (part.type === 'text' ? part.text : '')).join(''));
}

function joinTexts(acts: readonly Act[]): Act[] {
  const joined: Act[] = [];
  for (const act of acts) {
    const last = joined.at(-1);
    const isMore = last?.[0] === act[0] && (act[0] === 'user' || act[0] === 'assistant');
    if (last && isMore) joined[joined.length - 1] = [act[0], `${String(last[1])}\n${act[1]}`] as Act;
    else joined.push(act);
  }
  return joined;
}

function imagesOf(part: Part): string[] {
  if (part.type === 'tool-result') return part.content.flatMap(imagesOf);
  if (part.type !== 'image') return [];
  return [
    part.source.kind === 'data' ? part.source.data : part.source.kind === 'url' ? part.source.url : part.source.kind,
  ];
}

/** Where the choice is of one tool, or of some, some wires are offered no others. */
function offered({ tools, toolChoice }: ChatRequest): readonly Tool[] {
  if (toolChoice?.type === 'tool') return tools.filter(({ name }) => name === toolChoice.name);
  return toolChoice?.type === 'allowed' ? tools.filter(({ name }) => toolChoice.names.includes(name)) : tools;
}

function toldTool(tool: Tool): unknown {
  return tool.type === 'function' ? { name: tool.name, description: tool.description || undefined } : tool.name;
}

/** One tool that is asked for is the same as a must where no other is offered. */
function toldChoice(choice: ToolChoice | undefined): unknown {
  if (choice?.type === 'allowed') return choice.mode;
  return choice?.type === 'tool' ? 'required' : (choice?.type ?? 'auto');
}

function parsed(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
