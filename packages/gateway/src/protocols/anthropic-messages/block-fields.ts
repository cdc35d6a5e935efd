import { isObject, type JsonObject } from '../../canonical/json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';

/** The members of a content block, and the block as it came. */
export class BlockFields extends RequestFields {
  readonly raw: JsonObject;

  constructor(raw: JsonObject, path: string) {
    super(raw, path);
    this.raw = raw;
  }

  /** The blocks that an array member holds. */
  static listOf(holder: RequestFields, key: string): readonly BlockFields[] {
    return (holder.array(key) ?? []).map((item, index) => {
      const path = `${holder.pathOf(key)}[${index}]`;
      if (!isObject(item)) throw invalidField(path, 'must be an object');
      return new BlockFields(item, path);
    });
  }
}
