/** A command as it is shown to people, and what it is said to do. */
export interface ShownCommand {
  readonly title: string;
  readonly command: string;
}

/** The commands in a text: each begins with a comment that is its title, and ends with a line that is empty or a comment. */
export function readCommands(text: string): readonly ShownCommand[] {
  const found = text.matchAll(/^# (.+)\n(curl (?:.*\\\n)*(?:.*-d '(?:[^']*)'|.*))/gm);
  return [...found].map(([, title = '', command = '']) => ({ title, command }));
}

const authorized = `-H "Authorization: Bearer $ADMIN_KEY"`;
const asJson = `-H "Content-Type: application/json"`;
const provide = (kind: string, name: string, key: string): string => `# Register a provider: ${kind}
curl -X POST http://localhost:8080/admin/providers \\
  ${authorized} \\
  ${asJson} \\
  -d '{
    "name": "${name}",
    "kind": "${kind}",
    "api_key": "${key}"
  }'
`;

/** How this gateway is administered from a shell: the whole life of providers, models and keys. */
export const ownCommands = `${provide('openai', 'main', 'sk-of-main-1')}
${provide('openrouter', 'router', 'sk-or-of-router')}
${provide('dashscope', 'scope', 'sk-of-scope-1')}
${provide('ark', 'boat', 'of-boat-1')}
# List providers
curl http://localhost:8080/admin/providers \\
  ${authorized}

# Give a provider another key
curl -X PUT http://localhost:8080/admin/providers/<provider-id> \\
  ${authorized} \\
  ${asJson} \\
  -d '{ "api_key": "sk-of-main-2" }'

# Delete a provider
curl -X DELETE http://localhost:8080/admin/providers/<provider-id> \\
  ${authorized}

# Map a model by its own name
curl -X POST http://localhost:8080/admin/models \\
  ${authorized} \\
  ${asJson} \\
  -d '{
    "name": "gpt-4o",
    "provider_id": "<openai-id>"
  }'

# Map a model by another name
curl -X POST http://localhost:8080/admin/models \\
  ${authorized} \\
  ${asJson} \\
  -d '{
    "name": "qwen",
    "provider_id": "<dashscope-id>",
    "provider_model_name": "qwen-max-latest"
  }'

# List models
curl http://localhost:8080/admin/models \\
  ${authorized}

# Delete a model
curl -X DELETE http://localhost:8080/admin/models/<model-id> \\
  ${authorized}

# Make a key
curl -X POST http://localhost:8080/admin/keys \\
  ${authorized} \\
  ${asJson} \\
  -d '{ "name": "an-app" }'

# List keys
curl http://localhost:8080/admin/keys \\
  ${authorized}

# Rotate a key
curl -X POST http://localhost:8080/admin/keys/<key-id>/rotate \\
  ${authorized}

# Revoke a key
curl -X DELETE http://localhost:8080/admin/keys/<key-id> \\
  ${authorized}

# Ask for an answer
curl http://localhost:8080/v1/chat/completions \\
  -H "Authorization: Bearer sk-550e8400-e29b-41d4-a716-446655440000" \\
  ${asJson} \\
  -d '{
    "model": "gpt-4o",
    "messages": [{ "role": "user", "content": "Hello!" }]
  }'

# Ask for a stream
curl http://localhost:8080/v1/chat/completions \\
  -H "Authorization: Bearer sk-550e8400-e29b-41d4-a716-446655440000" \\
  ${asJson} \\
  -d '{
    "model": "gpt-4o",
    "messages": [{ "role": "user", "content": "Hello!" }],
    "stream": true
  }'
`;
