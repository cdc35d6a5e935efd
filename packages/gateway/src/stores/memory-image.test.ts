import { MemoryImage } from './memory-image.fixture.ts';
import { testGoodMs, testRecordImageStore } from './record-image-store.conformance.ts';

testRecordImageStore('in memory, for tests', (clock) => {
  const image = new MemoryImage(clock, testGoodMs);
  return { stores: [image, image], close: async () => undefined };
});
