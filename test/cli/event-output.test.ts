/** A log that cannot be written for a while. */
import { expect, it } from 'vitest';
import { eventOutput } from '../../src/cli/event-output.js';

it('says what could not be written, once it can write again', () => {
  const written: string[] = [];
  let isFull = false;
  const output = eventOutput(
    (text) => {
      if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      written.push(text);
    },
    (count, why) => `lost ${count}: ${why}`,
  );
  output.line('one');
  isFull = true;
  output.line('two');
  output.line('three');
  isFull = false;
  output.line('four');
  output.line('five');
  expect(written).toEqual(['one\n', 'lost 2: ENOSPC\nfour\n', 'five\n']);
});
