import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import protocol from './protocol.ts';
import { decode, encode, encodeText } from './request.fixture.ts';

const everything = `{
  "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}, {"guardContent": {"text": {"text": "g"}}}],
  "messages": [
    {"role": "user", "content": [
      {"text": "Look"}, {"cachePoint": {"type": "default"}},
      {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
      {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/key#1", "bucketOwner": "123456789012"}}}},
      {"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://bucket/key"}}}},
      {"document": {"format": "pdf", "name": "report 1", "source": {"bytes": "JVBERi0="}, "context": "c", "citations": {"enabled": true}}},
      {"document": {"format": "md", "name": "notes", "source": {"text": "# Notes"}}},
      {"document": {"name": "chunks", "source": {"content": [{"text": "one"}, {"text": "two"}]}}},
      {"video": {"format": "three_gp", "source": {"bytes": "AAAA"}}},
      {"audio": {"format": "wav", "source": {"bytes": "UklGRg=="}}},
      {"guardContent": {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}},
      {"searchResult": {"source": "https://a.b", "title": "t", "content": [{"text": "found"}]}}
    ]},
    {"role": "assistant", "content": [
      {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
      {"reasoningContent": {"redactedContent": "cmVk"}},
      {"citationsContent": {"content": [{"text": "So"}], "citations": [{"title": "notes", "location": {"documentPage": {"documentIndex": 1, "start": 1, "end": 2}}}]}},
      {"toolUse": {"toolUseId": "t.1:a", "name": "f", "input": {"n": 12345678901234567890, "x": 1.0}}},
      {"toolUse": {"toolUseId": "t-2", "name": "g", "input": {}}}
    ]},
    {"role": "user", "content": [
      {"toolResult": {"toolUseId": "t.1:a", "status": "error", "content": [{"text": "no"}, {"json": {"code": 7.0}}]}},
      {"toolResult": {"toolUseId": "t-2", "content": [
        {"image": {"format": "gif", "source": {"bytes": "R0lGODlh"}}},
        {"document": {"format": "csv", "name": "table", "source": {"bytes": "YSxi"}}},
        {"searchResult": {"source": "https://a.b", "title": "t", "content": [{"text": "found"}]}}]}},
      {"cachePoint": {"type": "default", "ttl": "5m"}},
      {"text": "Go on"}
    ]},
    {"role": "system", "content": [{"toolAddition": {"tool": {"name": "g"}}}, {"text": "There is g now."}]},
    {"role": "user", "content": [{"text": "Go on"}]}
  ],
  "inferenceConfig": {"maxTokens": 100, "temperature": 0.5, "stopSequences": ["END"]},
  "toolConfig": {
    "tools": [
      {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object", "properties": {"n": {"const": 12345678901234567890}}}}, "strict": true}},
      {"cachePoint": {"type": "default"}},
      {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object"}}}},
      {"systemTool": {"name": "nova_grounding"}}
    ],
    "toolChoice": {"tool": {"name": "f"}}
  },
  "additionalModelRequestFields": {"top_k": 5},
  "additionalModelResponseFieldPaths": ["/stop_sequence"],
  "requestMetadata": {"team": "a-1"},
  "serviceTier": {"type": "flex"},
  "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{\\"type\\":\\"object\\",\\"maximum\\":1.0}", "name": "n", "description": "d"}}}, "effort": "high"}
}`;

describe('a request', () => {
  it('is read in every part', () => {
    const request = decode(everything);
    expect(request.turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'system', 'user']);
    expect(request).toMatchObject({
      origin: 'bedrock-converse',
      maxOutputTokens: 100,
      temperature: 0.5,
      topK: 5,
      stopSequences: ['END'],
      toolChoice: { type: 'tool', name: 'f' },
      reasoning: { mode: undefined, effort: 'high' },
      outputFormat: { type: 'json-schema', name: 'n', description: 'd' },
      serviceTier: 'flex',
      metadata: { team: 'a-1' },
      unknownMembers: [],
    });
    expect(request.tools).toMatchObject([
      { type: 'function', name: 'f', strict: true, cache: { ttl: undefined } },
      { type: 'function', name: 'g', description: undefined },
      { type: 'builtin', name: 'nova_grounding' },
    ]);
    expect(request.turns[1]!.parts.map((part) => ('source' in part ? [part.type, part.source] : part.type))).toEqual([
      'text',
      ['image', { kind: 'data', mediaType: 'image/png', data: 'iVBORw0KGgo=' }],
      ['image', { kind: 'file', id: 's3://bucket/key#1', origin: 'bedrock-converse', mediaType: 'image/jpeg' }],
      ['image', { kind: 'file', id: 's3://bucket/key', origin: 'bedrock-converse', mediaType: 'image/webp' }],
      ['document', { kind: 'data', mediaType: 'application/pdf', data: 'JVBERi0=' }],
      ['document', { kind: 'text', mediaType: 'text/markdown', text: '# Notes' }],
      ['document', { kind: 'text', mediaType: 'text/plain', text: 'one\n\ntwo' }],
      ['video', { kind: 'data', mediaType: 'video/3gpp', data: 'AAAA' }],
      ['audio', { kind: 'data', mediaType: 'audio/wav', data: 'UklGRg==' }],
      ['image', { kind: 'data', mediaType: 'image/png', data: 'iVBORw0KGgo=' }],
      'foreign',
    ]);
    expect(request.turns[2]!.parts[3]).toMatchObject({ arguments: '{"n":12345678901234567890,"x":1.0}' });
    expect(request.turns[3]!.parts).toMatchObject([
      { callId: 't.1:a', name: 'f', isError: true, content: [{ text: 'no' }, { text: '{"code":7.0}' }] },
      {
        callId: 't-2',
        name: 'g',
        isError: false,
        content: [{ type: 'image' }, { type: 'document' }, { text: 't\nhttps://a.b\nfound' }],
        cache: { ttl: '5m' },
      },
      { text: 'Go on' },
    ]);
  });

  it('comes out as it went in', () => {
    expect(encode(decode(everything))).toEqual(JSON.parse(everything));
    const sent = encodeText(decode(everything));
    expect(sent).toContain('{"n":12345678901234567890,"x":1.0}');
    expect(sent).toContain('{"const":12345678901234567890}');
    expect(sent).toContain('{"json":{"code":7.0}}');
    expect(sent).toContain('\\"maximum\\":1.0');
  });

  it('that asks for a shape or a stop sequence in the words of Claude alone is understood', () => {
    const request = decode(`{"messages":[{"role":"user","content":[{"text":"Hi"}]}],
      "additionalModelRequestFields":{"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}},
      "additionalModelResponseFieldPaths":["/delta/stop_sequence"]}`);
    expect(request.outputFormat).toMatchObject({ type: 'json-schema', schema: { type: 'object' } });
    expect(request.unknownMembers).toEqual([]);
  });

  it('names what has no word', () => {
    const request = decode(`{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"guardrailConfig":{},"modelId":null,
      "inferenceConfig":{"maxTokens":1,"x":1},"additionalModelRequestFields":{"anthropic_beta":["a"],"inferenceConfig":{"topK":3,"y":1}},
      "additionalModelResponseFieldPaths":["/x"],"performanceConfig":{"latency":"optimized"}}`);
    expect(request.topK).toBe(3);
    expect(request.unknownMembers).toEqual([
      'guardrailConfig',
      'inferenceConfig.x',
      'additionalModelRequestFields.anthropic_beta',
      'additionalModelRequestFields.inferenceConfig.y',
      'additionalModelResponseFieldPaths',
      'performanceConfig',
    ]);
  });

  it.each([
    ['{"messages":"x"}', 'messages'],
    ['{"messages":[]}', 'messages'],
    ['{}', 'messages'],
    ['{"messages":[7]}', 'messages[0]'],
    ['{"messages":[{"role":"bot","content":[]}]}', 'messages[0].role'],
    ['{"messages":[{"role":"user"}]}', 'messages[0].content'],
    ['{"messages":[{"role":"user","content":[{"text":7}]}]}', 'messages[0].content[0].text'],
    ['{"messages":[{"role":"user","content":["x"]}]}', 'messages[0].content[0]'],
    ['{"messages":[{"role":"user","content":[{"image":{"format":"png"}}]}]}', 'messages[0].content[0].image.source'],
    ['{"messages":[{"role":"user","content":[{"toolUse":{"name":"f"}}]}]}', 'messages[0].content[0].toolUse.toolUseId'],
    ['{"messages":[{"role":"user","content":[{"reasoningContent":{}}]}]}', 'messages[0].content[0].reasoningContent'],
    ['{"messages":[{"role":"user","content":[]}],"system":[{"text":1}]}', 'system[0].text'],
    ['{"messages":[{"role":"user","content":[]}],"inferenceConfig":{"maxTokens":-1}}', 'inferenceConfig.maxTokens'],
    ['{"messages":[{"role":"user","content":[]}],"toolConfig":{"tools":[{}]}}', 'toolConfig.tools[0]'],
    ['{"messages":[{"role":"user","content":[]}],"toolConfig":{"tools":[],"toolChoice":{}}}', 'toolConfig.toolChoice'],
    [
      '{"messages":[{"role":"user","content":[]}],"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{"}}}}}',
      'outputConfig.textFormat.structure.jsonSchema.schema',
    ],
  ])('that is malformed is refused by name: %s', (text, param) => {
    const body = parseExact(text) as JsonObject;
    const read = () => protocol.client.decodeRequest(body, protocol.client.readFacts(body));
    expect(read).toThrow(GatewayError);
    expect(read).toThrow(expect.objectContaining({ kind: 'invalid_request', param }));
  });
});
