/** The SAs of a live system as people ask for them, kept up to date by the engine's events. */
import type { ChildSaDescription, IkeSaDescription } from '../../engine/event.js';
import type { LiveFact } from './live-system.js';

export interface IkeSaRow {
  readonly id: string;
  readonly sa: IkeSaDescription;
  readonly since: Date;
}

export interface ChildSaRow {
  readonly id: string;
  readonly ikeSa: string;
  readonly sa: ChildSaDescription;
  readonly since: Date;
  /** A successor is there, and this one goes as soon as nothing more comes by it. */
  readonly isReplaced: boolean;
}

export interface SaRegistry {
  note(fact: LiveFact, at: Date): void;
  /** Names of records that an SA was asked for and has neither come about nor failed. */
  readonly pending: ReadonlySet<string>;
  readonly ikeSas: readonly IkeSaRow[];
  readonly childSas: readonly ChildSaRow[];
  ikeSa(id: string): IkeSaRow | undefined;
  childSa(id: string): ChildSaRow | undefined;
  clear(): void;
}

/** An empty registry. */
export function createSaRegistry(): SaRegistry {
  const ike = new Map<string, IkeSaRow>();
  const children = new Map<string, ChildSaRow>();
  const pending = new Set<string>();
  return {
    pending,
    note(fact, since) {
      if (fact.kind === 'request') pending.add(fact.request.template.source.record.name);
      else if (fact.kind === 'request-failed') pending.delete(fact.request.template.source.record.name);
      if (fact.kind !== 'event') return;
      const { event } = fact;
      if (event.kind === 'ike-sa') {
        if (event.change === 'closed') {
          ike.delete(ikeId(event.name.serial));
          return;
        }
        const id = ikeId(event.sa.name.serial);
        ike.set(id, { id, sa: event.sa, since: event.change === 'moved' ? (ike.get(id)?.since ?? since) : since });
        if (event.change !== 'rekeyed') return;
        // The Child SAs move over to the new IKE SA (RFC 7296 §2.8).
        const old = ikeId(event.replaces.serial);
        for (const [key, row] of children) if (row.ikeSa === old) children.set(key, { ...row, ikeSa: id });
      } else if (event.kind === 'begin') pending.add(event.template.record.name);
      else if (event.kind === 'child-sa') {
        if (event.change === 'closed') {
          children.delete(childId(event.name.serial));
          return;
        }
        pending.delete(event.sa.template.record.name);
        const id = childId(event.sa.name.serial);
        const known = children.get(id);
        if (event.change === 'moved') {
          if (known) children.set(id, { ...known, sa: event.sa });
          return;
        }
        children.set(id, { id, ikeSa: ikeId(event.sa.name.ikeSa.serial), sa: event.sa, since, isReplaced: false });
        if (event.change !== 'rekeyed') return;
        const old = children.get(childId(event.replaces.serial));
        if (old) children.set(old.id, { ...old, isReplaced: true });
      }
    },
    get ikeSas() {
      return [...ike.values()];
    },
    get childSas() {
      return [...children.values()];
    },
    ikeSa: (id) => ike.get(id),
    childSa: (id) => children.get(id),
    clear() {
      ike.clear();
      pending.clear();
      children.clear();
    },
  };
}

function ikeId(serial: number): string {
  return `ike:${serial}`;
}

function childId(serial: number): string {
  return `child:${serial}`;
}
