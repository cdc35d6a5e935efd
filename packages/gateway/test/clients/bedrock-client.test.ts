import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type Message,
  type ReasoningContentBlockDelta,
} from '@aws-sdk/client-bedrock-runtime';
import { answerText, startSimulator } from '@llm-gateway/simulator';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect, it } from 'vitest';
import { startTestGateway } from '../harness/test-gateway.ts';
import type { Ask, ClientLibrary, JsonSchema, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

type Answer = { readonly message: Message; readonly outputTokens: number | undefined };
type Input = ConverseCommandInput;

const connect = (client: BedrockRuntimeClient, modelId: string): LibraryClient => {
  const send = async (input: Input): Promise<Answer> => {
    const { output, usage } = await client.send(new ConverseCommand(input));
    return { message: output!.message!, outputTokens: usage?.outputTokens };
  };
  return {
    ask: async (ask) => saidOf(await send(inputOf(ask, modelId))),
    async *stream(ask, signal) {
      const options = signal ? { abortSignal: signal } : {};
      const answer = yield* streamed(client, inputOf(ask, modelId), options);
      return saidOf(answer);
    },
    async useTools({ text, mode, tool, run }) {
      const { name, description, schema } = tool;
      const inputSchema = { json: { ...schema } };
      const toolConfig = { tools: [{ toolSpec: { name, description, inputSchema } }] };
      const converse = (messages: Message[]): Promise<Answer> => {
        const input = { modelId, messages, toolConfig };
        return mode === 'unary' ? send(input) : drained(streamed(client, input, {}));
      };
      const question: Message = { role: 'user', content: [{ text }] };
      const { message } = await converse([question]);
      const calls = message.content!.flatMap(({ toolUse }) => (toolUse ? [toolUse] : []));
      const results = calls.map(({ toolUseId, input }) => {
        return { toolResult: { toolUseId, content: [{ text: run(input) }] } };
      });
      const last = await converse([question, message, { role: 'user', content: results }]);
      return { calls: calls.map(({ name, input }) => ({ name: name!, input })), text: saidOf(last).text };
    },
    async askForJson(text, schema: JsonSchema) {
      const jsonSchema = { name: 'town', schema: JSON.stringify(schema) };
      const outputConfig = { textFormat: { type: 'json_schema' as const, structure: { jsonSchema } } };
      return JSON.parse(saidOf(await send({ ...inputOf({ text }, modelId), outputConfig })).text);
    },
    failureOf(error) {
      if (!(error instanceof BedrockRuntimeServiceException)) throw error;
      return {
        status: error.$metadata.httpStatusCode,
        message: error.message,
        retryAfter: error.$response?.headers['retry-after'],
      };
    },
  };
};

/** Puts the events of a stream together again, as the library leaves to its users. */
async function* streamed(
  client: BedrockRuntimeClient,
  input: Input,
  options: { abortSignal?: AbortSignal },
): AsyncGenerator<string, Answer> {
  const { stream } = await client.send(new ConverseStreamCommand(input), options);
  const content: ContentBlock[] = [];
  const json: string[] = [];
  let outputTokens: number | undefined;
  for await (const { contentBlockStart, contentBlockDelta, metadata } of stream!) {
    if (contentBlockStart?.start?.toolUse) {
      content[contentBlockStart.contentBlockIndex!] = { toolUse: { ...contentBlockStart.start.toolUse, input: {} } };
    }
    if (contentBlockDelta) {
      const { contentBlockIndex: index = 0, delta } = contentBlockDelta;
      if (delta?.toolUse) json[index] = (json[index] ?? '') + delta.toolUse.input;
      if (delta?.reasoningContent) content[index] = thoughtWith(content[index], delta.reasoningContent);
      if (delta?.text !== undefined) {
        content[index] = { text: (content[index]?.text ?? '') + delta.text };
        yield delta.text;
      }
    }
    outputTokens = metadata?.usage?.outputTokens ?? outputTokens;
  }
  for (const [index, { toolUse }] of content.entries()) if (toolUse) toolUse.input = JSON.parse(json[index]!);
  return { message: { role: 'assistant', content }, outputTokens };
}

function thoughtWith(
  block: ContentBlock | undefined,
  { text = '', signature }: ReasoningContentBlockDelta,
): ContentBlock {
  const before = block?.reasoningContent?.reasoningText;
  const reasoningText = { ...before, text: (before?.text ?? '') + text, ...(signature && { signature }) };
  return { reasoningContent: { reasoningText } };
}

async function drained(stream: AsyncGenerator<string, Answer>): Promise<Answer> {
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return value;
  }
}

function inputOf({ system, text, image }: Ask, modelId: string): Input {
  const picture: ContentBlock | undefined = image && {
    image: { format: 'png', source: { bytes: Buffer.from(image.base64, 'base64') } },
  };
  const content: ContentBlock[] = picture ? [{ text }, picture] : [{ text }];
  return { modelId, messages: [{ role: 'user', content }], ...(system ? { system: [{ text: system }] } : {}) };
}

function saidOf({ message, outputTokens }: Answer): Said {
  return { text: message.content!.map(({ text }) => text ?? '').join(''), outputTokens };
}

const library: ClientLibrary = {
  name: '@aws-sdk/client-bedrock-runtime',
  wire: 'bedrock-converse',
  connect: ({ url, key, model }) => {
    const client = new BedrockRuntimeClient({
      endpoint: url,
      region: 'us-east-1',
      token: { token: key },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 1,
      // The library's own choice for streams is HTTP/2 without asking, which nothing but AWS answers on a plain port.
      requestHandler: new NodeHttpHandler(),
    });
    return connect(client, model);
  },
};

describeLibrary(library, ['bedrock-converse', 'openai-chat', 'anthropic-messages']);

it('answers @aws-sdk/client-bedrock-runtime when it signs, where no key is asked for', async () => {
  const simulator = await startSimulator();
  const gateway = await startTestGateway({ config: { backends: [{ url: simulator.url }] } });
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };
  const requestHandler = new NodeHttpHandler();
  const signing = new BedrockRuntimeClient({ endpoint: gateway.url, region: 'us-east-1', credentials, requestHandler });
  const modelId = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0';
  const client = connect(signing, modelId);
  expect(await client.ask({ text: 'Hello!' })).toEqual({ text: answerText(60), outputTokens: 60 });
  expect(simulator.attempts[0]!.model).toBe(modelId);
  expect(simulator.attempts[0]!.rawHeaders.join('\n')).not.toContain('AWS4-HMAC-SHA256');
  await gateway.stop();
  await simulator.close();
});
