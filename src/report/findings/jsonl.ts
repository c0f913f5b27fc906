/**
 * `jsonl`: one JSON value a line, each with the schema version and its kind: findings, suppressed findings and, last, the
 * summary, so that a reader knows that the report is complete. See schemas/findings-line-v1.schema.json.
 */
import { jsonText } from '../json-text.js';
import { findingJson, findingsSchemaVersion, jsonContext, suppressedJson } from './json.js';
import type { FindingsReport } from './report.js';

export function* renderJsonLines(report: FindingsReport): Generator<string> {
  const context = jsonContext(report);
  const line = (kind: string, members: object) =>
    `${jsonText({ schemaVersion: findingsSchemaVersion, kind, ...members })}\n`;
  for (const finding of report.findings) yield line('finding', { finding: findingJson(finding, context) });
  for (const suppressed of report.suppressedFindings ?? []) {
    yield line('suppressed', { suppressed: suppressedJson(suppressed, context) });
  }
  yield line('summary', { tool: report.tool, failed: report.failed, summary: report.summary });
}
