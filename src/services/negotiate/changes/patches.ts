/** Changes of a configuration by the entries that they concern; entries are known again by the records that made them. */
import type {
  EntrySource,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from '../../../model/system-config.js';

export type Patch = (config: SystemConfig) => SystemConfig;

function isSame(a: EntrySource, b: EntrySource): boolean {
  return a.record.kind === b.record.kind && a.record.name === b.record.name;
}

/** The PAD entry of a record with other values. */
export function patchPad(pad: PadEntry, change: Partial<PadEntry>): Patch {
  return (config) => ({
    ...config,
    pad: config.pad.map((entry) =>
      isSame(entry.source, pad.source) && entry.connection === pad.connection ? { ...entry, ...change } : entry,
    ),
  });
}

/** The IKE policy of a record with other values. */
export function patchPolicy(policy: IkePolicy, change: (policy: IkePolicy) => Partial<IkePolicy>): Patch {
  return (config) => ({
    ...config,
    ikePolicies: config.ikePolicies.map((entry) =>
      isSame(entry.source, policy.source) && entry.version === policy.version ? { ...entry, ...change(entry) } : entry,
    ),
  });
}

/** The SA template of a record with other values, wherever it is used. */
export function patchTemplate(template: SaTemplate, change: (template: SaTemplate) => Partial<SaTemplate>): Patch {
  const inEntry = (entry: SpdEntry): SpdEntry => {
    if (entry.action.kind !== 'PROTECT') return entry;
    const bundle = entry.action.bundle.map((each) =>
      isSame(each.source, template.source) && each.mode === template.mode ? { ...each, ...change(each) } : each,
    );
    return { ...entry, action: { ...entry.action, bundle } };
  };
  return (config) => ({ ...config, spd: config.spd.map(inEntry), forwardSpd: config.forwardSpd.map(inEntry) });
}

/** One SPD entry more, searched first. */
export function addEntry(entry: SpdEntry, list: 'spd' | 'forwardSpd'): Patch {
  return (config) => ({ ...config, [list]: [entry, ...config[list]] });
}
