/** The use case behind `ipsec status`: what is applied here, what is under way, and whether it is still in place. */
import { readFileSync } from 'node:fs';
import type { StatusDocument } from '../report/status.js';
import { findDrift } from './drift.js';
import type { HostSession } from './host-session.js';
import { timeLeft } from './state/pending.js';

export async function status(session: HostSession): Promise<StatusDocument> {
  const { registry, journal, pending, folder, backend } = session;
  const { entries, inPlace, foreign, restarted } = await findDrift(session);
  const { state, applied, serial } = registry;
  return {
    stateDir: folder,
    backend: backend.name,
    means: backend.means,
    serial,
    system: applied?.system ?? null,
    applied: applied?.at ?? null,
    inputs: applied?.inputs ?? [],
    policies: state.policies.length,
    sas: state.sas.length,
    inPlace,
    drift: entries.length,
    restarted,
    foreign,
    unfinished: journal ? { startedAt: journal.startedAt, steps: journal.changes.length } : null,
    pending: pending
      ? {
          serial: pending.serial,
          until: pending.until,
          secondsLeft: Math.max(0, Math.round(timeLeft(pending) / 1000)),
          process: pending.process,
          isWatched: isAlive(pending.process),
        }
      : null,
  };
}

/** Does somebody wait who would go back when the time is over? One who ended and whose end nobody asked for does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
