/** Reads texts in another product's format in a test. */
import { type DialectReading, type FileAccess, noFiles } from '../../src/dialects/dialect.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { formatPlace, SourceText } from '../../src/model/span.js';

/** Files by path, which includes find by the last part of their name. */
export function filesOf(texts: Readonly<Record<string, string>>): FileAccess {
  return {
    find(pattern) {
      const shape = new RegExp(`^${pattern.replace(/[.+]/g, '\\$&').replace(/\*/g, '[^/]*')}$`);
      return Object.keys(texts)
        .filter((path) => shape.test(path))
        .sort()
        .map((path) => ({ source: new SourceText(path, texts[path]!), problems: [] }));
    },
  };
}

export function readSwanctl(text: string, files: FileAccess = noFiles, version?: string): DialectReading {
  return strongswan.read!({
    name: 'a',
    sources: [new SourceText('swanctl.conf', text)],
    files,
    ...(version === undefined ? {} : { version }),
  });
}

/** Problems as `line:column CODE message`, without those that only note an option. */
export function saidOf({ problems }: DialectReading): string[] {
  return problems
    .filter(({ code }) => code !== 'IMP006')
    .map(({ at, code, message }) => `${formatPlace(at).replace(/^.*?:(?=\d+:\d+$)/, '')} ${code} ${message}`);
}
