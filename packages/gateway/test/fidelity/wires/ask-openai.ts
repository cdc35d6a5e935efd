import {
  type Asking,
  AskingBuilder,
  call,
  medium,
  mediumAt,
  plainSchema,
  plainText,
  result,
  stopsOf,
  toolOf,
} from './asking.ts';
import { at, listAt, parsedArguments, textAt } from './wire-value.ts';

export function readChatAsking(body: unknown): Asking {
  const builder = new AskingBuilder();
  for (const message of listAt(body, 'messages')) addMessage(builder, message);
  // Documents that Cohere's clients put beside the conversation.
  const documents = listAt(body, 'documents').map(
    (document) => `text: ${textAt(document, 'data', 'text') || textAt(document, 'data', 'data')}`,
  );
  if (documents.length > 0) builder.add('user', documents);
  const { asking } = builder;
  const functions = listAt(body, 'tools').map((tool) => at(tool, 'function'));
  asking.tools = [...functions, ...listAt(body, 'functions')]
    .filter((tool) => tool !== undefined)
    .map((tool) => toolOf(tool, at(tool, 'parameters')));
  asking.choice = choiceOf(at(body, 'tool_choice'));
  asking.limits = {
    maxTokens: at(body, 'max_completion_tokens') ?? at(body, 'max_tokens'),
    temperature: at(body, 'temperature'),
    topP: at(body, 'top_p') ?? at(body, 'p'),
    stop: stopsOf(at(body, 'stop') ?? at(body, 'stop_sequences')),
  };
  asking.format = formatOf(at(body, 'response_format'));
  return asking;
}

function addMessage(builder: AskingBuilder, message: unknown): void {
  const content = at(message, 'content');
  switch (at(message, 'role')) {
    case 'system':
    case 'developer':
      builder.addSystem(plainText(content));
      return;
    case 'tool':
      builder.add('user', [result(content), ...mediaIn(content)]);
      return;
    case 'assistant': {
      const calls = listAt(message, 'tool_calls').map((one) =>
        call(textAt(one, 'function', 'name'), parsedArguments(textAt(one, 'function', 'arguments'))),
      );
      // What Cohere's models say before they call.
      const plan = textAt(message, 'tool_plan');
      builder.add('assistant', [`text: ${plan}`, ...partsOf(content), ...calls]);
      return;
    }
    default:
      builder.add('user', partsOf(content));
  }
}

function mediaIn(content: unknown): string[] {
  return Array.isArray(content) ? partsOf(content).filter((item) => !item.startsWith('text: ')) : [];
}

function partsOf(content: unknown): string[] {
  if (typeof content === 'string') return [`text: ${content}`];
  return listAt({ content }, 'content').flatMap((part) => {
    switch (at(part, 'type')) {
      case 'text':
        return [`text: ${textAt(part, 'text')}`];
      case 'image_url':
        return [mediumAt('image', textAt(part, 'image_url', 'url') || textAt(part, 'image_url'))];
      case 'input_audio': {
        const format = textAt(part, 'input_audio', 'format');
        return [medium('audio', format, textAt(part, 'input_audio', 'data'))];
      }
      case 'document_url':
        return [mediumAt('document', textAt(part, 'document_url'))];
      case 'file_url': {
        const url = textAt(part, 'file_url', 'url');
        // Perplexity takes base64 as it is, whose first bytes tell what it is.
        const kind = url.startsWith('UEs') ? 'docx' : 'application/pdf';
        return [/^(?:data|https?):/.test(url) ? mediumAt('document', url) : medium('document', kind, url)];
      }
      case 'file':
        return [mediumAt('document', textAt(part, 'file', 'file_data'))];
      default:
        return [];
    }
  });
}

function choiceOf(choice: unknown): string | undefined {
  if (typeof choice === 'string') return choice.toLowerCase() === 'any' ? 'required' : choice.toLowerCase();
  return (
    textAt(choice, 'function', 'name') ||
    textAt(choice, 'name') ||
    textAt(choice, 'mode') ||
    textAt(choice, 'allowed_tools', 'mode') ||
    undefined
  );
}

function formatOf(format: unknown): unknown {
  const schema = at(format, 'json_schema', 'schema') ?? at(format, 'schema') ?? at(format, 'json_schema');
  if (schema !== undefined) return plainSchema(schema);
  return at(format, 'type') === 'json_object' ? 'json' : undefined;
}

export function readResponsesAsking(body: unknown): Asking {
  const builder = new AskingBuilder();
  builder.addSystem(textAt(body, 'instructions'));
  const input = at(body, 'input');
  if (typeof input === 'string') builder.add('user', [`text: ${input}`]);
  else for (const item of listAt(body, 'input')) addItem(builder, item);
  const { asking } = builder;
  asking.tools = listAt(body, 'tools')
    .filter((tool) => at(tool, 'type') === 'function')
    // Some write a tool of the chat wire.
    .map((tool) => at(tool, 'function') ?? tool)
    .map((tool) => toolOf(tool, at(tool, 'parameters')));
  asking.choice = choiceOf(at(body, 'tool_choice'));
  asking.limits = {
    maxTokens: at(body, 'max_output_tokens'),
    temperature: at(body, 'temperature'),
    topP: at(body, 'top_p'),
    stop: [],
  };
  asking.format = formatOf(at(body, 'text', 'format'));
  return asking;
}

function addItem(builder: AskingBuilder, item: unknown): void {
  switch (at(item, 'type') ?? 'message') {
    case 'function_call':
      builder.add('assistant', [call(textAt(item, 'name'), parsedArguments(textAt(item, 'arguments')))]);
      return;
    case 'function_call_output': {
      const output = at(item, 'output');
      const media = Array.isArray(output) ? inputParts(output).filter(isMedium) : [];
      builder.add('user', [result(output), ...media]);
      return;
    }
    case 'message': {
      const role = textAt(item, 'role');
      const content = at(item, 'content');
      if (role === 'system' || role === 'developer') builder.addSystem(plainText(content));
      else builder.add(role === 'assistant' ? 'assistant' : 'user', inputParts(content));
    }
  }
}

function isMedium(item: string): boolean {
  return !item.startsWith('text: ');
}

function inputParts(content: unknown): string[] {
  if (typeof content === 'string') return [`text: ${content}`];
  return listAt({ content }, 'content').map((part) => {
    switch (at(part, 'type')) {
      case 'input_image':
        return mediumAt('image', textAt(part, 'image_url'));
      case 'input_file':
        return mediumAt('document', textAt(part, 'file_data') || textAt(part, 'file_url'));
      case 'input_audio':
        return medium('audio', textAt(part, 'input_audio', 'format'), textAt(part, 'input_audio', 'data'));
      default:
        return `text: ${textAt(part, 'text') || textAt(part, 'refusal')}`;
    }
  });
}
