/** Sentences that several formats share. */
import { count } from '../../model/count.js';
import type { Finding, Fix } from '../../model/finding.js';
import { visible } from '../visible.js';
import type { FindingsReport, FindingsSummary } from './report.js';

/** What was found, as `2 errors and 1 info`, or `no findings`. */
export function foundText(summary: FindingsSummary): string {
  const parts = [
    summary.errors > 0 ? count(summary.errors, 'error') : '',
    summary.warnings > 0 ? count(summary.warnings, 'warning') : '',
    summary.infos > 0 ? count(summary.infos, 'info') : '',
  ].filter((part) => part !== '');
  const last = parts.pop();
  if (last === undefined) return 'no findings';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** What was looked at, as `3 files (12 records, 2 systems)`. */
export function examinedText(summary: FindingsSummary): string {
  const systems = summary.systems > 1 ? `, ${count(summary.systems, 'system')}` : '';
  return `${count(summary.files, 'file')} (${count(summary.records, 'record')}${systems})`;
}

/** The closing line. The word `failed` is in it exactly when the run fails. */
export function summaryText({ summary, failed }: FindingsReport): string {
  const aside = [
    summary.suppressed > 0 ? `${summary.suppressed} suppressed` : '',
    summary.baselined > 0 ? `${summary.baselined} in the baseline` : '',
    summary.fixed > 0 ? `${summary.fixed} fixed` : '',
  ].filter((part) => part !== '');
  const behind = aside.length > 0 ? `; ${aside.join(', ')}` : '';
  return `${foundText(summary)} in ${examinedText(summary)}${behind}${failed ? ': failed' : ''}`;
}

/** What names a finding for people: `SHD001 shadowed`. */
export function ruleText(finding: Finding): string {
  return visible(`${finding.code} ${finding.slug}`);
}

/** The systems it is about, as `alpha` or `alpha, beta`, or nothing. */
export function systemsText(finding: Finding): string {
  return visible([finding.system, finding.peer].filter((name) => name !== undefined).join(', '));
}

/** `fix available (--fix): title`. */
export function fixText(fix: Fix): string {
  return `fix available (${fix.safety === 'safe' ? '--fix' : '--unsafe-fixes'}): ${visible(fix.title)}`;
}

/** Everything that a format without structure of its own can say below the message: notes, help and fixes, line by line. */
export function detailLines(finding: Finding): string[] {
  const lines = finding.notes.map((note) => `note: ${visible(note)}`);
  if (finding.help !== undefined) lines.push(`help: ${visible(finding.help)}`);
  for (const fix of finding.fixes) lines.push(fixText(fix));
  return lines;
}
