/** The SAs of a live system as people ask for them, kept up to date by the engine's events. */
import type { ChildSaDescription, EngineEvent, IkeSaDescription } from '../../engine/event.js';

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
}

export interface SaRegistry {
  note(event: EngineEvent, at: Date): void;
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
  return {
    note(event, since) {
      if (event.kind === 'ike-sa') {
        if (event.change === 'closed') {
          ike.delete(ikeId(event.name.serial));
          return;
        }
        const id = ikeId(event.sa.name.serial);
        ike.set(id, { id, sa: event.sa, since });
        if (event.change !== 'rekeyed') return;
        // The Child SAs move over to the new IKE SA (RFC 7296 §2.8).
        const old = ikeId(event.replaces.serial);
        for (const [key, row] of children) if (row.ikeSa === old) children.set(key, { ...row, ikeSa: id });
      } else if (event.kind === 'child-sa') {
        if (event.change === 'closed') {
          children.delete(childId(event.name.serial));
          return;
        }
        const id = childId(event.sa.name.serial);
        children.set(id, { id, ikeSa: ikeId(event.sa.name.ikeSa.serial), sa: event.sa, since });
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
