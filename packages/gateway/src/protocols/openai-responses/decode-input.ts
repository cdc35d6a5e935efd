import type {
  ForeignPart,
  MediaPart,
  Part,
  Signature,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { unreadMembers, withMessage } from '../unread-members.ts';
import { decodeAnnotations } from './annotations.ts';
import { attachedSignature, reasoningPart } from './items.ts';
import { cacheMark, decodeMedia } from './media.ts';

const WIRE = 'openai-responses';

/** The turns of a request: `instructions`, then the items of `input`. */
export function decodeInput(body: RequestFields): Turn[] {
  const turns = new TurnList();
  const instructions = body.string('instructions');
  if (instructions !== undefined) {
    turns.open({ role: 'system', parts: [{ type: 'text', text: instructions }], isInstructions: true });
  }
  const input = body.value('input');
  if (typeof input === 'string') turns.open({ role: 'user', parts: [{ type: 'text', text: input }] });
  else for (const [index, item] of (body.array('input') ?? []).entries()) decodeItem(item, `input[${index}]`, turns);
  return turns.list;
}

interface OpenTurn extends Turn {
  readonly parts: Part[];
}

/** Items become turns: a message is one; what the assistant did beside speaking goes with what it said. */
class TurnList {
  readonly list: OpenTurn[] = [];
  readonly #names = new Map<string, string>();
  /** The turn that holds nothing but results. */
  #answers: OpenTurn | undefined;

  open(turn: OpenTurn): void {
    this.list.push(turn);
  }

  /** A message of the assistant goes on with its turn unless that has been speaking just now. */
  speak(parts: Part[]): void {
    const last = this.#last('assistant')?.parts;
    const lastType = last?.at(-1)?.type;
    if (!last || lastType === 'text' || lastType === 'refusal') this.open({ role: 'assistant', parts });
    else for (const part of parts) last.push(part);
  }

  act(part: Part): void {
    if (part.type === 'tool-call') this.#names.set(part.id, part.name);
    const last = this.#last('assistant');
    if (last) last.parts.push(part);
    else this.open({ role: 'assistant', parts: [part] });
  }

  /** Consecutive results are one turn. */
  answer(part: ToolResultPart | ForeignPart): void {
    const last = this.#last('user');
    const isMore = last && (last === this.#answers || last.parts.every(isAnswer));
    if (isMore) last.parts.push(part);
    else this.open({ role: 'user', parts: [part] });
    this.#answers = this.list.at(-1);
  }

  /** Gives the assistant's last text or call its signature. */
  sign(signature: Signature): void {
    const parts = this.#last('assistant')?.parts;
    const part = parts?.at(-1);
    if (part?.type === 'text' || part?.type === 'tool-call') parts!.splice(-1, 1, { ...part, signature });
  }

  nameOf(callId: string): string | undefined {
    return this.#names.get(callId);
  }

  #last(role: Turn['role']): OpenTurn | undefined {
    const last = this.list.at(-1);
    return last?.role === role ? last : undefined;
  }
}

function isAnswer({ type }: Part): boolean {
  return type === 'tool-result' || type === 'foreign';
}

function decodeItem(value: unknown, path: string, turns: TurnList): void {
  const item = RequestFields.of(value, path);
  // Of the answer that an item was in; what of it goes back is for each to say.
  for (const key of ['id', 'status']) item.value(key);
  // Messages may go without a type.
  const type = item.string('type') ?? (item.has('role') ? 'message' : item.requiredString('type'));
  switch (type) {
    case 'message':
      decodeMessage(item, turns);
      return;
    case 'function_call':
      turns.act(decodeCall(item, 'function'));
      return;
    case 'custom_tool_call':
      turns.act(decodeCall(item, 'custom'));
      return;
    case 'function_call_output':
      turns.answer(decodeResult(item, 'function', turns));
      return;
    case 'custom_tool_call_output':
      turns.answer(decodeResult(item, 'custom', turns));
      return;
    case 'reasoning':
      decodeReasoning(item, turns);
      return;
    default: {
      const part: ForeignPart = { type: 'foreign', origin: WIRE, value, name: type, path };
      isFromCaller(type) ? turns.answer(part) : turns.act(part);
      return;
    }
  }
}

/** Of items that only this wire has, those that the caller made. */
function isFromCaller(type: string): boolean {
  return type.endsWith('_output') || type.endsWith('_response');
}

function decodeMessage(item: RequestFields, turns: TurnList): void {
  const role = item.requiredString('role');
  if (role !== 'user' && role !== 'assistant' && role !== 'system' && role !== 'developer') {
    throw invalidField(item.pathOf('role'), 'must be user, assistant, system or developer');
  }
  const content = item.value('content');
  const parts: Part[] =
    typeof content === 'string'
      ? [{ type: 'text', text: content }]
      : item.objects('content').map((fields, index) => decodeContent(fields, role, (content as JsonObject[])[index]!));
  if (content === undefined) throw invalidField(item.pathOf('content'), 'is required');
  const [first] = parts;
  if (first && isSaid(first)) parts[0] = withMessage(first, item.unreadWithin(), WIRE);
  if (role === 'assistant') turns.speak(parts);
  else turns.open({ role, parts });
}

/** Whether a part stands in a message; what only this wire knows is one of its own. */
function isSaid(part: Part): part is Exclude<Part, ForeignPart> {
  return part.type !== 'foreign';
}

function decodeContent(fields: RequestFields, role: string, value: JsonObject): Part {
  const type = fields.requiredString('type');
  const text = decodeText(fields, type);
  if (text) return text;
  if (type === 'refusal') {
    return { type, text: fields.requiredString('refusal'), ...unreadMembers(fields, WIRE) };
  }
  return (
    decodeMedia(fields) ?? {
      type: 'foreign',
      origin: WIRE,
      // A message of its own, so that it can go back as any other item.
      value: { type: 'message', role, content: [value] },
      name: type,
      path: fields.path,
    }
  );
}

function decodeText(fields: RequestFields, type: string): TextPart | undefined {
  if (type !== 'input_text' && type !== 'output_text' && type !== 'text') return undefined;
  const citations = decodeAnnotations(fields.value('annotations'));
  fields.value('logprobs');
  return {
    type: 'text',
    text: fields.requiredString('text'),
    ...(citations.length > 0 ? { citations } : {}),
    ...cacheMark(fields),
    ...unreadMembers(fields, WIRE),
  };
}

function decodeCall(item: RequestFields, kind: ToolCallPart['kind']): ToolCallPart {
  return {
    type: 'tool-call',
    id: item.string('call_id') ?? item.requiredString('id'),
    name: item.requiredString('name'),
    arguments: item.requiredString(kind === 'custom' ? 'input' : 'arguments'),
    kind,
    ...unreadMembers(item, WIRE),
  };
}

function decodeResult(item: RequestFields, kind: ToolCallPart['kind'], turns: TurnList): ToolResultPart {
  const callId = item.requiredString('call_id');
  const output = item.value('output');
  if (output === undefined) throw invalidField(item.pathOf('output'), 'is required');
  return {
    type: 'tool-result',
    callId,
    name: turns.nameOf(callId) ?? item.string('name') ?? '',
    content: typeof output === 'string' ? [{ type: 'text', text: output }] : item.objects('output').map(decodeOutput),
    isError: false,
    kind,
    ...unreadMembers(item, WIRE),
  };
}

function decodeOutput(fields: RequestFields): TextPart | MediaPart {
  const type = fields.requiredString('type');
  const part = decodeText(fields, type) ?? decodeMedia(fields);
  if (part) return part;
  throw invalidField(fields.pathOf('type'), 'must be input_text, input_image or input_file');
}

function decodeReasoning(item: RequestFields, turns: TurnList): void {
  const encrypted = item.string('encrypted_content');
  const attached = attachedSignature(encrypted);
  if (attached) {
    turns.sign(attached);
    return;
  }
  const textsOf = (key: string) => item.objects(key).map((piece) => piece.string('text') ?? '');
  const id = item.string('id');
  const part = reasoningPart({ id, summary: textsOf('summary'), content: textsOf('content'), encrypted });
  turns.act({ ...part, ...unreadMembers(item, WIRE) });
}
