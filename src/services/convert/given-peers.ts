/** Peers of a proof as they are configured: files, folders or hosts of a repository, each in the format of its own. */
import { chooseOne, type NegotiatingSystem } from '../negotiate/systems.js';
import { noWishes } from '../negotiate/wishes.js';
import type { LoadOptions } from '../repository/load-repository.js';

/** The systems that words mean, under names that differ. Throws UsageError for words that mean none, or several. */
export async function choosePeers(
  words: readonly string[],
  load: Omit<LoadOptions, 'paths'>,
): Promise<readonly NegotiatingSystem[]> {
  const peers: NegotiatingSystem[] = [];
  for (const word of words) {
    const { system } = await chooseOne(word, load, noWishes);
    const isTaken = (name: string) => peers.some((other) => other.name === name);
    let { name } = system;
    for (let count = 2; isTaken(name); count += 1) name = `${system.name}#${count}`;
    peers.push({ ...system, name, config: { ...system.config, name } });
  }
  return peers;
}
