import { type Asking, AskingBuilder, call, medium, plainSchema, plainText, result, stopsOf, toolOf } from './asking.ts';
import { at, listAt, textAt } from './wire-value.ts';

export function readMessagesAsking(body: unknown): Asking {
  const builder = new AskingBuilder();
  builder.addSystem(plainText(at(body, 'system')));
  for (const message of listAt(body, 'messages')) {
    const content = at(message, 'content');
    const items = typeof content === 'string' ? [`text: ${content}`] : listAt(message, 'content').flatMap(blockItems);
    builder.add(at(message, 'role') === 'assistant' ? 'assistant' : 'user', items);
  }
  const { asking } = builder;
  asking.tools = listAt(body, 'tools')
    .filter((tool) => at(tool, 'input_schema') !== undefined)
    .map((tool) => toolOf(tool, at(tool, 'input_schema')));
  const choice = textAt(body, 'tool_choice', 'type');
  asking.choice = textAt(body, 'tool_choice', 'name') || (choice === 'any' ? 'required' : choice) || undefined;
  asking.limits = {
    maxTokens: at(body, 'max_tokens'),
    temperature: at(body, 'temperature'),
    topP: at(body, 'top_p'),
    stop: stopsOf(at(body, 'stop_sequences')),
  };
  const schema = at(body, 'output_config', 'format', 'schema') ?? at(body, 'output_format', 'schema');
  asking.format = schema === undefined ? undefined : plainSchema(schema);
  return asking;
}

function blockItems(block: unknown): string[] {
  switch (at(block, 'type')) {
    case 'text':
      return [`text: ${textAt(block, 'text')}`];
    case 'image':
    case 'document': {
      const kind = textAt(block, 'type');
      const source = at(block, 'source');
      if (at(source, 'type') === 'url') return [`${kind}: at ${textAt(source, 'url')}`];
      if (at(source, 'type') === 'text') return [`text: ${textAt(source, 'data')}`];
      return [medium(kind, textAt(source, 'media_type'), textAt(source, 'data'))];
    }
    case 'tool_use':
      return [call(textAt(block, 'name'), at(block, 'input') ?? {})];
    case 'tool_result': {
      const content = at(block, 'content');
      const media = Array.isArray(content)
        ? content.flatMap(blockItems).filter((item) => !item.startsWith('text: '))
        : [];
      return [result(content), ...media];
    }
    default:
      return [];
  }
}

export function readGeminiAsking(body: unknown): Asking {
  const builder = new AskingBuilder();
  builder.addSystem(plainText(at(body, 'systemInstruction', 'parts') ?? at(body, 'system_instruction', 'parts')));
  for (const content of listAt(body, 'contents')) {
    const role = at(content, 'role') === 'model' ? 'assistant' : 'user';
    builder.add(role, listAt(content, 'parts').flatMap(geminiItems));
  }
  const { asking } = builder;
  asking.tools = listAt(body, 'tools')
    .flatMap((tool) => listAt(tool, 'functionDeclarations'))
    .map((tool) => toolOf(tool, at(tool, 'parametersJsonSchema') ?? at(tool, 'parameters')));
  const calling = at(body, 'toolConfig', 'functionCallingConfig');
  const mode = textAt(calling, 'mode').toLowerCase();
  const allowed = listAt(calling, 'allowedFunctionNames');
  asking.choice = mode === 'any' ? (allowed.length === 1 ? String(allowed[0]) : 'required') : mode || undefined;
  const config = at(body, 'generationConfig');
  asking.limits = {
    maxTokens: at(config, 'maxOutputTokens'),
    temperature: at(config, 'temperature'),
    topP: at(config, 'topP'),
    stop: stopsOf(at(config, 'stopSequences')),
  };
  const schema = at(config, 'responseJsonSchema') ?? at(config, 'responseSchema');
  asking.format =
    schema === undefined
      ? at(config, 'responseMimeType') === 'application/json'
        ? 'json'
        : undefined
      : plainSchema(schema);
  return asking;
}

function geminiItems(part: unknown): string[] {
  if (at(part, 'thought') === true) return [];
  const called = at(part, 'functionCall');
  if (called !== undefined) return [call(textAt(called, 'name'), at(called, 'args') ?? {})];
  const answered = at(part, 'functionResponse');
  if (answered !== undefined) {
    return [result(at(answered, 'response')), ...listAt(answered, 'parts').flatMap(geminiItems)];
  }
  const data = at(part, 'inlineData') ?? at(part, 'inline_data');
  if (data !== undefined) {
    const mediaType = textAt(data, 'mimeType') || textAt(data, 'mime_type');
    const [family = '', subtype = ''] = mediaType.split('/');
    if (family === 'audio') return [medium('audio', subtype === 'mpeg' ? 'mp3' : subtype, textAt(data, 'data'))];
    return [medium(family === 'image' ? 'image' : 'document', mediaType, textAt(data, 'data'))];
  }
  const uri = textAt(part, 'fileData', 'fileUri');
  return uri === '' ? [`text: ${textAt(part, 'text')}`] : [`file: at ${uri}`];
}

export function readConverseAsking(body: unknown): Asking {
  const builder = new AskingBuilder();
  builder.addSystem(plainText(at(body, 'system')));
  for (const message of listAt(body, 'messages')) {
    const role = at(message, 'role') === 'assistant' ? 'assistant' : 'user';
    builder.add(role, listAt(message, 'content').flatMap(converseItems));
  }
  const { asking } = builder;
  asking.tools = listAt(body, 'toolConfig', 'tools')
    .filter((tool) => at(tool, 'toolSpec') !== undefined)
    .map((tool) => toolOf(at(tool, 'toolSpec'), at(tool, 'toolSpec', 'inputSchema', 'json')));
  const choice = at(body, 'toolConfig', 'toolChoice');
  const word = choice === undefined ? undefined : Object.keys(choice as object)[0];
  asking.choice = textAt(choice, 'tool', 'name') || (word === 'any' ? 'required' : word);
  const config = at(body, 'inferenceConfig');
  asking.limits = {
    maxTokens: at(config, 'maxTokens'),
    temperature: at(config, 'temperature'),
    topP: at(config, 'topP'),
    stop: stopsOf(at(config, 'stopSequences')),
  };
  const schema = textAt(body, 'outputConfig', 'textFormat', 'structure', 'jsonSchema', 'schema');
  asking.format = schema === '' ? undefined : plainSchema(JSON.parse(schema));
  return asking;
}

function converseItems(block: unknown): string[] {
  const called = at(block, 'toolUse');
  if (called !== undefined) return [call(textAt(called, 'name'), at(called, 'input') ?? {})];
  const answered = at(block, 'toolResult');
  if (answered !== undefined) {
    const content = listAt(answered, 'content');
    const media = content.flatMap(converseItems).filter((item) => !item.startsWith('text: '));
    return [result(content), ...media];
  }
  const audio = at(block, 'audio');
  if (audio !== undefined) return [medium('audio', textAt(audio, 'format'), textAt(audio, 'source', 'bytes'))];
  for (const kind of ['image', 'document'] as const) {
    const part = at(block, kind);
    if (part === undefined) continue;
    const format = textAt(part, 'format');
    const mediaType = kind === 'image' ? `image/${format}` : format === 'pdf' ? 'application/pdf' : format;
    const text = textAt(part, 'source', 'text');
    return [text === '' ? medium(kind, mediaType, textAt(part, 'source', 'bytes')) : `text: ${text}`];
  }
  const text = textAt(block, 'text');
  return at(block, 'text') === undefined ? [] : [`text: ${text}`];
}
