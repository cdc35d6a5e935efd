import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { type RecordedRequest, readRequest } from './asked-chats.ts';
import type { ChatRecording } from './chat-recordings.ts';

/** The same question, asked of several providers by the same library. */
export interface Scenario {
  readonly name: string;
  /** The first request to each wire's providers; one of each meaning. */
  readonly requests: readonly RecordedRequest[];
}

const providers =
  'anthropic|azure|bedrock_mantle|bedrock|cohere|deepseek|gemini|gpustack|mistral|ollama_cloud|ollama|openai|openrouter|perplexity|vertexai|xai';
const ofRubyllm = new RegExp(`^(.*?)_(?:with_)?(?:${providers})_[^_]+(?:_\\d[^_]*)?_(.*)\\.yml$`);

/** What a recording was made to show; undefined where its source does not say. */
function scenarioOf({ source, file }: ChatRecording): string | undefined {
  const name = file.split('/').at(-1) ?? '';
  if (source === 'reqllm') return `reqllm ${name}`;
  if (source !== 'rubyllm') return undefined;
  const [, subject, what] = ofRubyllm.exec(name) ?? [];
  return subject === undefined ? undefined : `rubyllm ${subject} ${what}`;
}

/** Scenarios that were played on more than one wire. Only conversations that begin: what a model said differs. */
export function readScenarios(recordings: readonly ChatRecording[]): Scenario[] {
  const found = new Map<string, Map<string, RecordedRequest>>();
  const seen = new Set<string>();
  for (const recording of recordings) {
    const name = scenarioOf(recording);
    const isFirst = !seen.has(`${recording.provider} ${recording.file}`);
    seen.add(`${recording.provider} ${recording.file}`);
    const request = name === undefined || !isFirst ? undefined : readRequest(recording);
    if (name === undefined || !request || request.asking.turns.some(({ role }) => role === 'assistant')) continue;
    const requests = found.get(name) ?? new Map<string, RecordedRequest>();
    found.set(name, requests);
    const key = `${recording.wire} ${JSON.stringify(request.asking)}`;
    if (!requests.has(key)) requests.set(key, request);
  }
  const scenarios = [...found].map(([name, requests]) => ({ name, requests: [...requests.values()] }));
  return scenarios.filter(({ requests }) => wiresOf(requests).size > 1);
}

export function wiresOf(requests: readonly RecordedRequest[]): ReadonlySet<ProtocolName> {
  return new Set(requests.map(({ recording }) => recording.wire));
}
