/** Records and products by name, as pages call them. */
import { placeText } from '../graph/picture.js';
import type { RecordPlace } from '../negotiation/document.js';

/** `alpha.conf:7`, where it is known. */
export function lineText({ path, line }: RecordPlace): string | undefined {
  return path === undefined ? undefined : `${path}${line === undefined ? '' : `:${line}`}`;
}

/** The places of records beside a text: without their names where the text has them. */
export function placesBeside(text: string, records: readonly RecordPlace[]): string {
  const texts = records.map((record) => {
    const isNamed = text.includes(`${record.kind} '${record.name}'`);
    return isNamed ? (lineText(record) ?? placeText(record)) : placeText(record);
  });
  return [...new Set(texts)].join(', ');
}

/** `alpha: auth 'b' (alpha.conf:3), ikev2 'b' (alpha.conf:9)`, a line for each system. */
export function recordsBySystem(records: readonly RecordPlace[]): string[] {
  const systems = new Set(records.map(({ system }) => system));
  return [...systems].map((system) => {
    const own = records.filter((record) => record.system === system).map(placeText);
    return `${system}: ${own.join(', ')}`;
  });
}
