import { UNSIGNED } from '../../src/protocols/foreign-signature.ts';

/** What matters of an answer, read as plainly as can be and without anything of the codec's. */
export interface PlainAnswer {
  readonly text: string;
  readonly calls: readonly unknown[];
  readonly reasoning: string;
  readonly signatures: readonly string[];
  readonly citations: readonly unknown[];
  readonly stopReason: unknown;
  readonly tokens: readonly [input: number, output: number];
}

/** The members that are read here, of blocks as they stand in a body. */
interface Block {
  text?: string;
  toolUse?: { toolUseId: string; name: string; input: unknown };
  reasoningContent?: { reasoningText?: { text: string; signature?: string } };
  citationsContent?: { content?: { text: string }[]; citations?: unknown[] };
}

interface Body {
  output: { message: { content: Block[] } };
  stopReason?: string;
  usage: { inputTokens: number; outputTokens: number; cacheReadInputTokens?: number; cacheWriteInputTokens?: number };
}

/** Any event of a stream. */
interface Event {
  contentBlockIndex?: number;
  start?: Block;
  delta?: {
    text?: string;
    toolUse?: { input: string };
    citation?: unknown;
    reasoningContent?: { text?: string; signature?: string };
  };
  stopReason?: string;
  usage?: Body['usage'];
}

export function readPlainly(body: unknown): PlainAnswer {
  const { output, stopReason, usage } = body as Body;
  const each = <T>(read: (block: Block) => T | undefined): T[] =>
    output.message.content.map(read).filter((item) => item !== undefined) as T[];
  return {
    text: each((block) => block.text ?? block.citationsContent?.content?.map(({ text }) => text).join('')).join(''),
    calls: each((block) => block.toolUse).map(({ toolUseId, name, input }) => ({ toolUseId, name, input })),
    reasoning: each((block) => block.reasoningContent?.reasoningText?.text).join(''),
    // What clients get where nothing was signed is no signature of the provider's.
    signatures: each((block) => block.reasoningContent?.reasoningText?.signature).filter((text) => text !== UNSIGNED),
    citations: each((block) => block.citationsContent?.citations).flat(),
    stopReason,
    tokens: [
      usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0),
      usage.outputTokens,
    ],
  };
}

/** The frames of a stream, by their lengths alone, as the body of a unary answer. */
export function readStreamPlainly(bytes: Buffer): PlainAnswer {
  const content: Block[] = [];
  const inputs: string[] = [];
  const body: Partial<Body> = { output: { message: { content } } };
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const end = at + bytes.readUInt32BE(at) - 4;
    const event = JSON.parse(bytes.toString('utf8', at + 12 + bytes.readUInt32BE(at + 4), end)) as Event;
    const { contentBlockIndex: index, stopReason, usage } = event;
    if (stopReason) body.stopReason = stopReason;
    if (usage) body.usage = usage;
    if (index === undefined) continue;
    content[index] ??= {};
    addTo(content[index], event);
    inputs[index] = (inputs[index] ?? '') + (event.delta?.toolUse?.input ?? '');
  }
  for (const [index, block] of content.entries()) {
    if (block.toolUse) block.toolUse.input = JSON.parse(inputs[index] || '{}');
    if (!block.citationsContent || block.text === undefined) continue;
    block.citationsContent.content = [{ text: block.text }];
    delete block.text;
  }
  return readPlainly(body);
}

function addTo(block: Block, { start, delta }: Event): void {
  if (start?.toolUse) block.toolUse = start.toolUse;
  if (delta?.text !== undefined) block.text = (block.text ?? '') + delta.text;
  if (delta?.citation) {
    block.citationsContent ??= {};
    block.citationsContent.citations = [...(block.citationsContent.citations ?? []), delta.citation];
  }
  if (delta?.reasoningContent) {
    const { text = '', signature } = delta.reasoningContent;
    block.reasoningContent ??= { reasoningText: { text: '' } };
    block.reasoningContent.reasoningText!.text += text;
    if (signature) block.reasoningContent.reasoningText!.signature = signature;
  }
}
