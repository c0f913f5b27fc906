/** Which IKE version a policy's SAs are negotiated with. */
import type { AuthRecord } from '../model/record/auth.js';
import type { HostRecord, TunnelRecord } from '../model/record/policy.js';
import type { PolicySet } from '../model/resolve.js';
import { peersOfRecord } from './peer-policies.js';

export interface VersionUse {
  /** The record that says so; absent in A.02, where there is only version 1. */
  readonly auth?: AuthRecord;
}

/**
 * Does this system negotiate any SA of a policy in a version? Peers without an authentication record do not count: nothing is
 * negotiated with them (A.02 needs none).
 */
export function usesVersion(
  policies: PolicySet,
  record: HostRecord | TunnelRecord,
  version: 1 | 2,
): VersionUse | undefined {
  for (const peer of peersOfRecord(policies, record)) {
    if (peer.version !== version) continue;
    if (peer.auth) return { auth: peer.auth };
    if (policies.dialect === 'A.02') return {};
  }
  return undefined;
}

/** Words for a note about the version. */
export function versionNote({ auth }: VersionUse, version: 1 | 2): string {
  return auth
    ? `auth '${auth.name}' has the system initiate IKEv${version} with peers of it`
    : `A.02 negotiates in IKEv${version} only`;
}
