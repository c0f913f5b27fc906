/** What a daemon is started with: one system of a repository, and the product that it behaves as. */
import { findPeerProfile, peerProfile } from '../../model/peer-profile/catalogue.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { isError } from '../../model/problem.js';
import type { SystemConfig } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';
import { chooseSystem } from '../query.js';
import { type LoadOptions, loadRepository } from '../repository/load-repository.js';

/**
 * The system that the daemon is to be. Throws UsageError where its records have errors, no address of it is known, or it is to get
 * one from a peer (RFC 7296 §2.19).
 */
export async function loadDaemonSystem(
  options: LoadOptions & { readonly host?: string },
): Promise<{ readonly config: SystemConfig; readonly files: readonly string[] }> {
  const repository = await loadRepository(options);
  const system = chooseSystem(repository, options.host);
  const errors = system.problems.filter(isError);
  const [first] = errors;
  if (first) {
    throw new UsageError(`the records of ${system.name} have ${errors.length} errors: ${first.message}`, {
      code: 'RECORDS_FAULTY',
      hints: ['ipsec policy lint shows them all with their places.'],
    });
  }
  if (system.config.addresses.length === 0) {
    throw new UsageError(`no address of ${system.name} is known`, {
      code: 'CONFIG',
      hints: ['Name its addresses in inventory.yaml, or give a policy with a source address.'],
    });
  }
  const asking = system.config.pad.find(({ virtualAddresses = [] }) => virtualAddresses.length > 0);
  if (asking) {
    const { kind, name } = asking.source.record;
    throw new UsageError(
      `${kind} '${name}' of ${system.name} asks its peer for an address, which the daemon cannot take`,
      {
        code: 'CONFIG',
        hints: [
          'It puts no address on an interface: give this host an address of its own, and name it in the selectors in place of vips.',
          'ipsec negotiate --simulate shows what the peer would give.',
        ],
      },
    );
  }
  return { config: system.config, files: [...repository.files.values()] };
}

/** A live system behaves as itself; an imitation must be asked for. */
export function daemonProfile(config: SystemConfig, named: string | undefined): PeerProfile {
  if (named === undefined) return peerProfile(config.peerProfile?.value ?? 'ours');
  const found = findPeerProfile(named);
  if ('profile' in found) return found.profile;
  throw new UsageError(`there is no peer profile '${named}'`, {
    code: 'UNKNOWN_NAME',
    hints: found.guess ? [`Did you mean ${found.guess}?`] : [],
  });
}
