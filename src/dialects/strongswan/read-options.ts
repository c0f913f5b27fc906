/** Reads the settings of a section by a table of options: each is accounted for, and none is dropped silently. */
import type { Sourced } from '../../model/origin.js';
import type { Span } from '../../model/span.js';
import type { OptionReport } from '../option-report.js';
import { type SwanVersion, swanVersions } from './defaults.js';
import type { Setting, SettingValue } from './settings.js';

/** How a value is used: as `ReportedOption` has it, with the reason for partial and noted. */
export type Use =
  | { readonly support: 'supported' }
  | { readonly support: 'partial' | 'noted'; readonly why: string; readonly help?: string };

export interface OptionSpec<T> {
  /** The value; undefined where it cannot be read, after `fail` has said why. */
  read(value: SettingValue, fail: Fail, version: SwanVersion): T | undefined;
  use(value: T, version: SwanVersion): Use;
  /** The first version that knows it. */
  readonly since?: SwanVersion;
}

export type Fail = (message: string, at?: Span, help?: string) => undefined;

/** What reading one configuration keeps account of. */
export interface ReadContext {
  readonly version: SwanVersion;
  readonly report: OptionReport;
  /** Settings that something has used. */
  readonly seen: Set<Setting>;
}

type Specs = Readonly<Record<string, OptionSpec<unknown>>>;
type ValueOf<S> = S extends OptionSpec<infer T> ? T : never;

export type OptionValues<S extends Specs> = { readonly [K in keyof S]?: Sourced<ValueOf<S[K]>> };

export interface OptionReading<S extends Specs> {
  readonly values: OptionValues<S>;
  /** False where strongSwan would refuse the section: an option that it does not know, or a value that it cannot read. */
  readonly isValid: boolean;
}

/** Reads settings by a table. `path` is the name of the section for messages: `connections.home`. */
export function readOptions<S extends Specs>(
  settings: readonly Setting[],
  specs: S,
  path: string,
  context: ReadContext,
): OptionReading<S> {
  const { report, seen, version } = context;
  const values: Record<string, Sourced<unknown>> = {};
  let isValid = true;
  for (const setting of settings) {
    const { key, value, at } = setting;
    if (!value) continue;
    const name = `${path}.${key}`;
    const isFirst = !seen.has(setting);
    seen.add(setting);
    const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
    if (!spec || (spec.since && swanVersions.indexOf(spec.since) > swanVersions.indexOf(version))) {
      isValid = false;
      if (isFirst && spec) report.unknown(name, at, [], `strongSwan knows it since ${spec.since}`);
      else if (isFirst) report.unknown(name, at, Object.keys(specs));
      continue;
    }
    let failed = false;
    const read = spec.read(
      value,
      (message, place = value.at, help) => {
        failed = true;
        if (isFirst) report.badValue(`${name}: ${message}`, place, help);
        return undefined;
      },
      version,
    );
    if (failed || read === undefined) {
      isValid = false;
      if (!failed && isFirst) report.badValue(`${name}: '${value.text.slice(0, 60)}' cannot be read`, value.at);
      if (isFirst) report.supported(name, at);
      continue;
    }
    values[key] = { value: read, origin: { kind: 'explicit', at: value.at, argumentStart: at.start } };
    if (isFirst) account(report, name, at, spec.use(read, version));
  }
  return { values: values as OptionValues<S>, isValid };
}

function account(report: OptionReport, name: string, at: Span, use: Use): void {
  switch (use.support) {
    case 'supported':
      report.supported(name, at);
      break;
    case 'noted':
      report.noted(name, at, use.why);
      break;
    case 'partial':
      report.partial(name, at, use.why, use.help);
  }
}

const fully: Use = { support: 'supported' };
const always = () => fully;

/** An option whose meaning is in the SystemConfig. */
export function supported<T>(read: OptionSpec<T>['read']): OptionSpec<T> {
  return { read, use: always };
}

/** An option without effect on what packets and peers are treated like. */
export function noted<T>(read: OptionSpec<T>['read'], why: string): OptionSpec<T> {
  return { read, use: () => ({ support: 'noted', why }) };
}

/** An option of which the given values, or all, are not fully in the SystemConfig. */
export function partial<T>(
  read: OptionSpec<T>['read'],
  why: string,
  when: (value: T) => boolean = () => true,
): OptionSpec<T> {
  return { read, use: (value) => (when(value) ? { support: 'partial', why } : fully) };
}
