/** Fixes of findings, comments that hide them, and canonical form, as edits of an editor. */
import {
  type CodeAction,
  CodeActionKind,
  type Range,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { chooseFixes } from '../lint/edits.js';
import type { Finding, Fix, TextEdit as ModelEdit } from '../model/finding.js';
import type { Dialect } from '../model/language/dialect.js';
import { SourceText } from '../model/span.js';
import { parseText } from '../parser/parse.js';
import { printFile } from '../parser/print.js';
import { diagnosticOf, uriOfSource } from './diagnostics.js';
import { type OpenDocument, outlineOf, statementAt } from './document.js';
import { offsetAt, positionAt, rangeOf } from './text.js';

export const fixAllKind = `${CodeActionKind.SourceFixAll}.ipsec`;

/** What can be done about findings that meet a range. Only those of the text as it is now may be given. */
export function actionsAt(
  document: OpenDocument,
  range: Range,
  findings: readonly Finding[],
  only: readonly string[] | undefined,
): CodeAction[] {
  const wants = (kind: string) =>
    only === undefined || only.some((each) => kind === each || kind.startsWith(`${each}.`));
  const [start, end] = [offsetAt(document.source, range.start), offsetAt(document.source, range.end)];
  const own = uriOfSource(document.source);
  const here = findings.filter(({ at }) => uriOfSource(at.source) === own && at.start <= end && start <= at.end);
  const actions: CodeAction[] = [];
  if (wants(CodeActionKind.QuickFix)) {
    for (const finding of here) {
      const diagnostics = [diagnosticOf(finding)];
      for (const fix of finding.fixes)
        actions.push({
          title: fix.safety === 'safe' ? fix.title : `${fix.title} (changes what is protected or agreed)`,
          kind: CodeActionKind.QuickFix,
          diagnostics,
          ...(fix.safety === 'safe' ? { isPreferred: true } : {}),
          edit: editOf([fix]),
        });
      const hiding = hidingComment(document, finding);
      if (hiding)
        actions.push({
          title: `Hide ${finding.code} here, with a reason`,
          kind: CodeActionKind.QuickFix,
          diagnostics,
          edit: { changes: { [document.uri]: [hiding] } },
        });
    }
  }
  if (wants(fixAllKind)) {
    const chosen = chooseFixes(
      findings.filter(({ at }) => uriOfSource(at.source) === own),
      false,
    );
    if (chosen.length > 0)
      actions.push({
        title: 'Apply all safe fixes',
        kind: fixAllKind,
        edit: editOf(chosen.map(({ fix }) => fix)),
      });
  }
  return actions;
}

function editOf(fixes: readonly Fix[]): WorkspaceEdit {
  const changes: Record<string, TextEdit[]> = {};
  for (const { at, newText } of fixes.flatMap(({ edits }): readonly ModelEdit[] => edits)) {
    const uri = uriOfSource(at.source);
    changes[uri] ??= [];
    changes[uri].push({ range: rangeOf(at), newText });
  }
  return { changes };
}

/** A comment above the statement; the reason is for the user to write. */
function hidingComment(document: OpenDocument, { at, code }: Finding): TextEdit | undefined {
  const outline = outlineOf(document);
  const statement = outline && statementAt(outline, at.start);
  if (!statement) return undefined;
  const start = positionAt(document.source, statement.start);
  return {
    range: { start, end: start },
    newText: `# ipsec-disable-next-line ${code} -- reason\n${' '.repeat(start.character)}`,
  };
}

/** The changes that bring a document into canonical form: one edit, from the first to the last line that differs. */
export function formattingOf(document: OpenDocument, dialect: Dialect | undefined): TextEdit[] {
  const outline = outlineOf(document);
  if (!outline) return [];
  const { source } = document;
  const syntax = parseText(new SourceText(source.path, source.text));
  // What cannot be read is left as it is.
  if (syntax.problems.some(({ code }) => code === 'SYN024')) return [];
  const text = printFile(syntax, { dialect: outline.dialect ?? dialect ?? 'extended' });
  if (text === source.text) return [];
  let start = 0;
  while (start < text.length && text[start] === source.text[start]) start += 1;
  start = source.text.lastIndexOf('\n', start - 1) + 1;
  let tail = 0;
  const longest = Math.min(text.length, source.text.length) - start;
  while (tail < longest && text[text.length - 1 - tail] === source.text[source.text.length - 1 - tail]) tail += 1;
  // Whole lines, so that nothing is cut within a character.
  while (tail > 0 && text[text.length - 1 - tail] !== '\n') tail -= 1;
  const range = rangeOf({ source, start, end: source.text.length - tail });
  return [{ range, newText: text.slice(start, text.length - tail) }];
}
