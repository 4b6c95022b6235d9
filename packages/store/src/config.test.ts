import { parseAt, parseYaml } from '@kaiku/core';
import { describe, expect, it } from 'vitest';
import { storeAddress, storeEntrySchema } from './config.ts';

const parse = (text: string): unknown => {
  try {
    return parseAt(parseYaml(text, 'kaiku.yaml'), storeEntrySchema);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('an entry of stores', () => {
  it('is embedded with listen, and gets its defaults', () => {
    expect(parse('{ name: store-1, listen: 127.0.0.1:8123 }')).toEqual({
      name: 'store-1',
      listen: '127.0.0.1:8123',
      user: 'kaiku',
      password: '',
      database: 'kaiku',
      memoryLimitMb: 1024,
      retention: { rawDays: 400, fiveMinuteDays: 1100, hourDays: 3650 },
    });
  });
  it('has an address either way', () => {
    const embedded = storeEntrySchema.parse({ name: 'a', listen: '127.0.0.1:8123' });
    const external = storeEntrySchema.parse({ name: 'b', url: 'https://ch.example:8443/', user: 'u', password: 'p' });
    expect(storeAddress(embedded).url).toBe('http://127.0.0.1:8123');
    expect(storeAddress(external)).toEqual({
      name: 'b',
      url: 'https://ch.example:8443',
      user: 'u',
      password: 'p',
      database: 'kaiku',
      retention: { rawDays: 400, fiveMinuteDays: 1100, hourDays: 3650 },
    });
  });
  it.each([
    ['{ name: store-1 }', /give either listen .* or url/],
    ['{ name: store-1, listen: 127.0.0.1:1, url: "http://a:1" }', /exclude each other/],
    ['{ name: store-1, url: "10.0.0.5:8123" }', /must be http:\/\//],
    ['{ name: store-1, listen: 127.0.0.1:1, databse: x }', /unknown key "databse"/],
    ['{ name: store-1, listen: 127.0.0.1:1, database: "x; DROP" }', /letters, digits/],
    ['{ name: store-1, listen: 127.0.0.1:1, memoryLimitMb: 10 }', /memoryLimitMb/],
    ['{ name: store-1, listen: 127.0.0.1:1, retention: { rawDays: 30 } }', /rawDays/],
  ])('%s is refused', (text, message) => {
    expect(parse(text)).toMatch(message);
  });
});
