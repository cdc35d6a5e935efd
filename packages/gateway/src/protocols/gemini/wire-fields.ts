import { isObject, type JsonObject } from '../../canonical/json.ts';
import { camelCase } from '../camel-case.ts';
import { invalidField, RequestFields } from '../request-fields.ts';

/**
 * The members of one object of a request, under both spellings: the API is protocol buffers in JSON, whose readers take
 * `systemInstruction` and `system_instruction` alike, and many clients mix them. They take a single object for a list
 * of one, too, and clients rely on it (`"parts": {"text": …}`).
 */
export class WireFields extends RequestFields {
  /** The object as it came. */
  readonly raw: JsonObject;

  constructor(object: JsonObject, path: string) {
    super(object, path);
    this.raw = object;
  }

  static override of(value: unknown, path: string): WireFields {
    if (!isObject(value)) throw invalidField(path, 'must be an object');
    return new WireFields(value, path);
  }

  protected override take(key: string): unknown {
    return super.take(key) ?? super.take(snakeCase(key));
  }

  protected override nameOf(key: string): string {
    return camelCase(key);
  }

  /** Under the spelling that the caller used. */
  override pathOf(key: string): string {
    const isSnake = super.take(key) === undefined && super.take(snakeCase(key)) !== undefined;
    return super.pathOf(isSnake ? snakeCase(key) : key);
  }

  override object(key: string): WireFields | undefined {
    return super.object(key) as WireFields | undefined;
  }

  protected override open(value: unknown, path: string): WireFields {
    return WireFields.of(value, path);
  }

  override objects(key: string): readonly WireFields[] {
    const value = this.value(key);
    if (isObject(value)) return [WireFields.of(value, this.pathOf(key))];
    const items = this.array(key) ?? [];
    return items.map((item, index) => WireFields.of(item, `${this.pathOf(key)}[${index}]`));
  }
}

const spellings = new Map<string, string>();

/** `functionCall` → `function_call`. The names are few and all ours. */
export function snakeCase(key: string): string {
  let spelling = spellings.get(key);
  if (spelling === undefined) {
    spelling = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    spellings.set(key, spelling);
  }
  return spelling;
}
