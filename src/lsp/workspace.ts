/**
 * The texts that are open over the repositories that they belong to, and what lint finds in them. A change is judged twice:
 * soon, the system of the text alone; and when the typing pauses, the whole repository, where both ends of a pair meet.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Finding } from '../model/finding.js';
import { SourceText } from '../model/span.js';
import { UsageError } from '../model/tool-error.js';
import { type LintOutcome, lintRepository } from '../services/lint.js';
import { type LoadedSystem, loadSystem } from '../services/load-system.js';
import { loadRepository, type Repository } from '../services/repository/load-repository.js';
import type { OpenDocument } from './document.js';

/** What is known of the system that a document belongs to, from the texts as they are now. */
export interface DocumentSystem {
  readonly repository: Repository;
  readonly system: LoadedSystem;
  /** The document's text in it: spans of the system are in this one. */
  readonly source: SourceText;
}

/** Findings of files, by absolute path; of a text that was never saved by its URI. */
export type FindingsByFile = ReadonlyMap<string, readonly Finding[]>;

export interface WorkspaceEvents {
  /**
   * New findings; files that are not in it are as they were. Unless complete they are those of one system by itself: what
   * its peers have to do with is judged later.
   */
  onFindings(findings: FindingsByFile, complete: boolean): void;
  /** Nothing can be judged: why. */
  onTrouble(message: string): void;
}

export interface Workspace {
  readonly documents: ReadonlyMap<string, OpenDocument>;
  put(document: OpenDocument): void;
  remove(uri: string): void;
  /** Files changed on the disk: what is open is judged anew. */
  refresh(): void;
  systemOf(document: OpenDocument): Promise<DocumentSystem | undefined>;
  /** The findings of a document's text as it is now; waits for them where they are not there yet. */
  findingsOf(document: OpenDocument): Promise<readonly Finding[]>;
  /** Ends all that is waiting. */
  close(): void;
}

export interface WorkspaceOptions {
  /** Milliseconds after a change until the system, and until the repository is judged. */
  readonly soon: number;
  readonly later: number;
}

const delays: WorkspaceOptions = { soon: 80, later: 600 };
/** However large a repository is: it is judged when nothing was typed for so many milliseconds. */
const laterMax = 8_000;
/** Files outside of those that are open whose findings are told. */
const otherFilesMax = 500;

/** A workspace without documents. */
export function createWorkspace(events: WorkspaceEvents, { soon, later }: WorkspaceOptions = delays): Workspace {
  const documents = new Map<string, OpenDocument>();
  const timers = new Map<string, NodeJS.Timeout[]>();
  /** What was worked out for a text, as long as no text changes. */
  let known = new Map<string, Promise<Judged | undefined>>();
  /** The same for repositories, by their folders: several documents may be of one. */
  let judgedRoots = new Set<string>();
  let generation = 0;
  let trouble: string | undefined;
  /** Milliseconds that the last judgement of a whole repository took: while it lasts nothing is answered. */
  let lastTook = 0;

  return {
    documents,
    put(document) {
      documents.set(document.uri, document);
      changed();
      schedule(document.uri);
    },
    remove(uri) {
      const document = documents.get(uri);
      documents.delete(uri);
      clear(uri);
      changed();
      // A text that was never saved is gone; a file is judged by what is on the disk again.
      if (document) events.onFindings(new Map([[keyOf(document), []]]), true);
      for (const other of documents.keys()) schedule(other);
    },
    refresh() {
      changed();
      for (const uri of documents.keys()) schedule(uri);
    },
    async systemOf(document) {
      const judged = await judge(document);
      return judged && { repository: judged.outcome.repository, system: judged.system, source: judged.source };
    },
    async findingsOf(document) {
      const judged = await judge(document);
      return judged?.outcome.report.findings ?? [];
    },
    close() {
      for (const uri of timers.keys()) clear(uri);
    },
  };

  function changed(): void {
    generation += 1;
    known = new Map();
    judgedRoots = new Set();
  }

  function clear(uri: string): void {
    for (const timer of timers.get(uri) ?? []) clearTimeout(timer);
    timers.delete(uri);
  }

  function schedule(uri: string): void {
    clear(uri);
    const run = (work: (document: OpenDocument) => Promise<void>, delay: number) =>
      setTimeout(() => {
        const document = documents.get(uri);
        if (document) void work(document);
      }, delay);
    timers.set(uri, [run(judgeSystem, soon), run(judgeRepository, Math.max(later, Math.min(laterMax, 2 * lastTook)))]);
  }

  function overlay(): ReadonlyMap<string, string> {
    return new Map([...documents.values()].flatMap(({ file, source }) => (file ? [[file, source.text] as const] : [])));
  }

  /** The system of a document, judged by itself. */
  function judge(document: OpenDocument): Promise<Judged | undefined> {
    const found = known.get(document.uri) ?? attempt(() => judgeDocument(document, overlay()));
    known.set(document.uri, found);
    return found;
  }

  async function judgeSystem(document: OpenDocument): Promise<void> {
    const started = generation;
    const judged = await judge(document);
    if (!judged || started !== generation) return;
    const own = judged.outcome.report.findings.filter(
      ({ at }) => fileOf(judged.outcome.repository, at.source) === keyOf(document),
    );
    const isWhole = judged.outcome.repository.root === undefined;
    events.onFindings(new Map([[keyOf(document), own]]), isWhole);
  }

  async function judgeRepository(document: OpenDocument): Promise<void> {
    const started = generation;
    const judged = await judge(document);
    const root = judged?.outcome.repository.root;
    if (root === undefined || started !== generation || judgedRoots.has(root)) return;
    judgedRoots.add(root);
    const began = performance.now();
    const outcome = await attempt(() => judgeAll(root, overlay()));
    lastTook = performance.now() - began;
    if (outcome && started === generation) events.onFindings(byFile(outcome), true);
  }

  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      trouble = undefined;
      return result;
    } catch (error) {
      // A configuration that cannot be read, for instance; a bug of ours must not end the editor's session either.
      const message = error instanceof Error ? error.message : String(error);
      if (message !== trouble) events.onTrouble(error instanceof UsageError ? message : `internal error: ${message}`);
      trouble = message;
      return undefined;
    }
  }
}

interface Judged extends DocumentSystem {
  readonly outcome: LintOutcome;
}

async function judgeDocument(
  document: OpenDocument,
  overlay: ReadonlyMap<string, string>,
): Promise<Judged | undefined> {
  const { file } = document;
  const repository =
    file !== undefined && existsSync(file) ? await loadRepository({ paths: [file], overlay }) : unsaved(document);
  const outcome = await lintRepository(repository, { paths: [] });
  for (const system of repository.systems) {
    const source = system.sources.find((each) => fileOf(repository, each) === keyOf(document));
    if (source) return { repository, outcome, system, source };
  }
  return undefined;
}

async function judgeAll(root: string, overlay: ReadonlyMap<string, string>): Promise<LintOutcome> {
  const repository = await loadRepository({ paths: [root], overlay });
  return lintRepository(repository, { paths: [root] });
}

/** A text without a file is a system of its own, in a repository of its own. */
function unsaved({ source }: OpenDocument): Repository {
  const own = new SourceText(source.path, source.text);
  return {
    config: { config: {} },
    systems: [loadSystem({ name: path.basename(source.path), sources: [own] })],
    hosts: [],
    peers: [],
    together: false,
    unowned: [],
    files: new Map([[source.path, source.path]]),
    fileRoots: new Map(),
  };
}

function byFile({ report, repository }: LintOutcome): FindingsByFile {
  const found = new Map<string, Finding[]>();
  // Files without findings are told too, so that what was found in them before goes.
  for (const file of repository.files.values()) if (found.size < otherFilesMax) found.set(file, []);
  for (const finding of report.findings) found.get(fileOf(repository, finding.at.source))?.push(finding);
  return found;
}

/** The absolute path of a text. */
export function fileOf(repository: Repository, { path: shown }: SourceText): string {
  return repository.files.get(shown) ?? shown;
}

/** What a document's findings are kept under. */
export function keyOf({ file, uri }: OpenDocument): string {
  return file ?? uri;
}
