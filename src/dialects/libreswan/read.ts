/** Reads ipsec.conf and ipsec.secrets of Libreswan, Openswan and strongSwan's starter into a SystemConfig. */
import type { SourceText } from '../../model/span.js';
import { foundFiles, ReadContext } from '../common/context.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import { buildConfig } from './build.js';
import { resolveConns } from './conns.js';
import type { Flavour } from './options.js';
import { productOf } from './product.js';
import { isSecretsFile, type PresharedSecret, readSecrets } from './secrets.js';
import { readSections } from './sections.js';

/** Reads a configuration as one of the products would. */
export function readIpsecConf(input: DialectInput, flavour: Flavour): DialectReading {
  const context = new ReadContext(input);
  const product = productOf(flavour, input.version);
  const secretFiles = input.sources.filter(isSecretsFile);
  const roots = input.sources.filter((source) => !secretFiles.includes(source));
  const sections = readSections(roots, context);
  const conf = resolveConns(sections, product, context);
  const named = conf.setup.get('secretsfile')?.text;
  const [root] = roots;
  const files = secretFiles.length > 0 || !root ? secretFiles : besideConf(root, named, context);
  const secrets = files.flatMap((file): PresharedSecret[] => readSecrets(file, flavour, context));
  return {
    config: buildConfig(conf, product, secrets, context),
    problems: context.report.problems,
    options: context.report.options,
    sources: context.sources,
    product: `${flavour === 'starter' ? 'strongswan' : flavour}-${product.versionText}`,
  };
}

/** ipsec.secrets lies beside ipsec.conf, or has the name of the file that it is for. */
function besideConf(root: SourceText, named: string | undefined, context: ReadContext): readonly SourceText[] {
  const file = root.path.slice(root.path.lastIndexOf('/') + 1);
  const stem = file.replace(/\.conf$/, '');
  for (const pattern of [...(named ? [named] : []), 'ipsec.secrets', `${stem}.secrets`]) {
    const found = foundFiles(context, pattern, root).filter((source) => source.path !== root.path);
    if (found.length > 0) return found;
  }
  return [];
}
