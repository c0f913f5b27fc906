// Will our tunnel with a partner come up, and is what we would put on our host sound? Needs: npm install ipsec
//
//     node partner.mjs OURS.conf PARTNER/swanctl.conf
import { pathToFileURL } from 'node:url';
import { lint, loadPolicy, negotiate, plan } from 'ipsec';

/** Prints what there is to say; true when nothing stands in the way. */
export async function check(ours, theirs, print = console.log) {
  for (const { name, format, config, problems } of (await loadPolicy([ours, theirs])).systems) {
    print(`${name}: ${format}, ${config.spd.length} policies, ${problems.length} faults`);
  }
  const { findings, failed } = await lint(ours, { ignore: ['PQC', 'ACT001'] });
  for (const { severity, code, message } of findings) print(`${severity} ${code}: ${message}`);

  const { good, runs } = await negotiate(ours, theirs, { seed: '1' });
  for (const { initiator, verdict } of runs) print(`${initiator} starts: ${verdict.text}`);

  const { changes } = await plan(ours);
  print(`${changes.length} changes for a kernel that holds nothing`);
  return good && !failed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [ours, theirs] = process.argv.slice(2);
  if (ours === undefined || theirs === undefined) {
    console.error('usage: node partner.mjs OURS PARTNERS');
    process.exit(2);
  }
  process.exitCode = (await check(ours, theirs)) ? 0 : 1;
}
