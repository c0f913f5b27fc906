/**
 * What lint finds in the texts of an editor, in a form that passes between threads: a large file takes seconds, and the
 * thread that answers the editor must not be away for so long.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Finding, Fix, Related, TextEdit } from '../model/finding.js';
import { SourceText, type Span } from '../model/span.js';
import { UsageError } from '../model/tool-error.js';
import { lintRepository } from '../services/lint.js';
import { loadSteps } from '../services/load-system.js';
import { loadRepository, type Repository } from '../services/repository/load-repository.js';

/** Texts of open files, by absolute path: they count instead of what is on the disk. */
export type Overlay = ReadonlyMap<string, string>;

/** A text of an editor as far as judging it needs. */
export interface JudgedText {
  /** Absolute path; absent for texts that were never saved. */
  readonly file?: string;
  /** As findings show it. */
  readonly path: string;
  readonly text: string;
}

export type JudgeTask =
  /** The system of one text by itself. */
  | { readonly kind: 'document'; readonly document: JudgedText; readonly overlay: Overlay }
  /** All systems below a folder, also with each other. */
  | { readonly kind: 'repository'; readonly root: string; readonly overlay: Overlay };

/** Findings of files, by absolute path; of a text that was never saved by its path. */
export type FindingsByFile = ReadonlyMap<string, readonly Finding[]>;

export interface Judgement {
  /** The folder of the repository that the text belongs to. */
  readonly root?: string;
  /** Of a document's system those in the document; of a repository those of all files, none where nothing was found. */
  readonly findings: FindingsByFile;
}

/** Files outside of those that are open whose findings are told. */
const otherFilesMax = 500;

/** Judges. Undefined for a text that belongs to no system; throws UsageError where the configuration cannot be read. */
export async function judge(task: JudgeTask): Promise<Judgement | undefined> {
  if (task.kind === 'repository') {
    const repository = await loadRepository({ paths: [task.root], overlay: task.overlay });
    const { report } = await lintRepository(repository, { paths: [task.root] });
    return judgement(repository, byFile(repository, report.findings));
  }
  const { document, overlay } = task;
  const key = document.file ?? document.path;
  const repository = await repositoryOf(document, overlay);
  const isIn = repository.systems.some(({ sources }) => sources.some((each) => fileOf(repository, each) === key));
  if (!isIn) return undefined;
  const { report } = await lintRepository(repository, { paths: [] });
  const own = report.findings.filter(({ at }) => fileOf(repository, at.source) === key);
  return judgement(repository, new Map([[key, own]]));
}

/** The repository of a text alone: its system, with what the folder of the file says of it. */
export async function repositoryOf(
  { file, path: shown, text }: JudgedText,
  overlay: Overlay,
  pause?: () => Promise<void>,
): Promise<Repository> {
  return file !== undefined && existsSync(file)
    ? loadRepository({ paths: [file], overlay, ...(pause ? { pause } : {}) })
    : unsaved(new SourceText(shown, text), pause);
}

/** The absolute path of a text. */
export function fileOf(repository: Repository, { path: shown }: SourceText): string {
  return repository.files.get(shown) ?? shown;
}

/** A text without a file is a system of its own, in a repository of its own. */
async function unsaved(source: SourceText, pause: (() => Promise<void>) | undefined): Promise<Repository> {
  const steps = loadSteps({ name: path.basename(source.path), sources: [source] });
  let step = steps.next();
  while (!step.done) {
    if (pause) await pause();
    step = steps.next();
  }
  return {
    config: { config: {} },
    systems: [step.value],
    hosts: [],
    peers: [],
    together: false,
    unowned: [],
    files: new Map([[source.path, source.path]]),
    fileRoots: new Map(),
  };
}

function judgement({ root }: Repository, findings: FindingsByFile): Judgement {
  return root === undefined ? { findings } : { root, findings };
}

function byFile(repository: Repository, findings: readonly Finding[]): FindingsByFile {
  const found = new Map<string, Finding[]>();
  // Files without findings are told too, so that what was found in them before goes.
  for (const file of repository.files.values()) if (found.size < otherFilesMax) found.set(file, []);
  for (const finding of findings) found.get(fileOf(repository, finding.at.source))?.push(finding);
  return found;
}

/** A place by the number of its text. */
interface PackedSpan {
  readonly source: number;
  readonly start: number;
  readonly end: number;
}

/** A judgement without objects of classes. */
export interface PackedJudgement {
  readonly root?: string;
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  readonly findings: readonly (readonly [string, readonly WithPlaces<PackedSpan>[]])[];
}

export function pack({ root, findings }: Judgement): PackedJudgement {
  const numbers = new Map<SourceText, number>();
  const place = ({ source, start, end }: Span): PackedSpan => {
    const number = numbers.get(source) ?? numbers.size;
    numbers.set(source, number);
    return { source: number, start, end };
  };
  const packed = [...findings].map(([key, list]) => [key, list.map((each) => replaced(each, place))] as const);
  const texts = [...numbers.keys()].map(({ path: shown, text }) => ({ path: shown, text }));
  return { ...(root === undefined ? {} : { root }), texts, findings: packed };
}

export function unpack({ root, texts, findings }: PackedJudgement): Judgement {
  const sources = texts.map(({ path: shown, text }) => new SourceText(shown, text));
  const place = ({ source, start, end }: PackedSpan): Span => ({ source: sources[source]!, start, end });
  return {
    ...(root === undefined ? {} : { root }),
    findings: new Map(findings.map(([key, list]) => [key, list.map((each) => replaced(each, place))])),
  };
}

interface WithPlaces<S> extends Omit<Finding, 'at' | 'related' | 'fixes'> {
  readonly at: S;
  readonly related: readonly (Omit<Related, 'at'> & { readonly at: S })[];
  readonly fixes: readonly (Omit<Fix, 'edits'> & {
    readonly edits: readonly (Omit<TextEdit, 'at'> & { readonly at: S })[];
  })[];
}

/** A finding with its places in another form. */
function replaced<A, B>(finding: WithPlaces<A>, place: (at: A) => B): WithPlaces<B> {
  return {
    ...finding,
    at: place(finding.at),
    related: finding.related.map((each) => ({ ...each, at: place(each.at) })),
    fixes: finding.fixes.map((fix) => ({
      ...fix,
      edits: fix.edits.map((edit) => ({ ...edit, at: place(edit.at) })),
    })),
  };
}

/** What a thread that judges answers. */
export type FromJudge =
  | { readonly judged: PackedJudgement | null }
  | { readonly failed: string; readonly isUsage: boolean };

/** An answer, whatever happens. */
export async function answer(task: JudgeTask): Promise<FromJudge> {
  try {
    const found = await judge(task);
    return { judged: found ? pack(found) : null };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error), isUsage: error instanceof UsageError };
  }
}
