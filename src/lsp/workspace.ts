/**
 * The texts that are open over the repositories that they belong to, and what lint finds in them. A change is judged twice:
 * soon, the system of the text alone; and when the typing pauses, the whole repository, where both ends of a pair meet.
 */
import type { Finding } from '../model/finding.js';
import type { SourceText } from '../model/span.js';
import { UsageError } from '../model/tool-error.js';
import type { LoadedSystem } from '../services/load-system.js';
import type { Repository } from '../services/repository/load-repository.js';
import type { OpenDocument } from './document.js';
import { type FindingsByFile, fileOf, type JudgedText, type Judgement, repositoryOf } from './judge.js';
import { createJudging, type Judging } from './judging.js';

/** What is known of the system that a document belongs to, from the texts as they are now. */
export interface DocumentSystem {
  readonly repository: Repository;
  readonly system: LoadedSystem;
  /** The document's text in it: spans of the system are in this one. */
  readonly source: SourceText;
  /** False where a text has changed since: places in the system are not those of the texts. */
  readonly isCurrent: boolean;
  /** The texts of the system's files as they are now. */
  texts(): readonly SourceText[];
}

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
  /**
   * The same for those who must not wait, while something is typed: where it is large, the system of an earlier text, which says
   * so.
   */
  nearSystemOf(document: OpenDocument): Promise<DocumentSystem | undefined>;
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
/** How long loading keeps the thread at a time. */
const sliceMillis = 10;
/** Reading texts of so many UTF-16 units together is felt; smaller ones are waited for. */
export const largeText = 100_000;

/** A workspace without documents. */
export function createWorkspace(
  events: WorkspaceEvents,
  { soon, later }: WorkspaceOptions = delays,
  judging: Judging = createJudging(),
): Workspace {
  const documents = new Map<string, OpenDocument>();
  const timers = new Map<string, NodeJS.Timeout[]>();
  /** Systems and findings of texts, as long as no text changes. */
  let loaded = new Map<string, Promise<DocumentSystem | undefined>>();
  let judged = new Map<string, Promise<Judgement | undefined>>();
  /** The systems of texts as they were last loaded, and how long that took. */
  const lastLoaded = new Map<
    string,
    { readonly system: DocumentSystem; readonly millis: number; readonly generation: number }
  >();
  /** Repositories that were judged, by their folders: several documents may be of one. */
  let judgedRoots = new Set<string>();
  let generation = 0;
  let trouble: string | undefined;
  /** Milliseconds that the last judgement of a whole repository took. */
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
      lastLoaded.delete(uri);
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
    systemOf: load,
    async nearSystemOf(document) {
      const last = lastLoaded.get(document.uri);
      if (!last || !isLarge(last.system) || last.generation === generation) return load(document);
      return { ...last.system, isCurrent: false };
    },
    async findingsOf(document) {
      return (await judgeDocument(document))?.findings.get(keyOf(document)) ?? [];
    },
    close() {
      for (const uri of timers.keys()) clear(uri);
      judging.close();
    },
  };

  function changed(): void {
    generation += 1;
    loaded = new Map();
    judged = new Map();
    judgedRoots = new Set();
  }

  function clear(uri: string): void {
    for (const timer of timers.get(uri) ?? []) clearTimeout(timer);
    timers.delete(uri);
  }

  function schedule(uri: string): void {
    clear(uri);
    // Loading is done on this thread, in slices: the longer it takes, the longer nothing must have been typed.
    const loadTook = lastLoaded.get(uri)?.millis ?? 0;
    const run = (work: (document: OpenDocument) => Promise<void>, delay: number) =>
      setTimeout(() => {
        const document = documents.get(uri);
        if (document) void work(document);
      }, delay);
    const pause = Math.max(later, Math.min(laterMax, Math.max(2 * lastTook, 8 * loadTook)));
    timers.set(uri, [run(judgeSystem, soon), run(judgeRepository, pause)]);
  }

  function overlay(): ReadonlyMap<string, string> {
    return new Map([...documents.values()].flatMap(({ file, source }) => (file ? [[file, source.text] as const] : [])));
  }

  function load(document: OpenDocument): Promise<DocumentSystem | undefined> {
    const found = loaded.get(document.uri) ?? attempt(() => loadDocument(document));
    loaded.set(document.uri, found);
    return found;
  }

  async function loadDocument(document: OpenDocument): Promise<DocumentSystem | undefined> {
    const began = performance.now();
    const begunIn = generation;
    const repository = await repositoryOf(textOf(document), overlay(), pauses());
    for (const system of repository.systems) {
      const source = system.sources.find((each) => fileOf(repository, each) === keyOf(document));
      if (!source) continue;
      const found = { repository, system, source, isCurrent: true, texts: () => textsOf(repository, system) };
      const last = lastLoaded.get(document.uri);
      if (documents.has(document.uri) && (!last || last.generation <= begunIn)) {
        lastLoaded.set(document.uri, { system: found, millis: performance.now() - began, generation: begunIn });
      }
      return found;
    }
    return undefined;
  }

  function textsOf(repository: Repository, { sources }: LoadedSystem): readonly SourceText[] {
    const open = new Map([...documents.values()].map((document) => [keyOf(document), document.source]));
    return sources.map((source) => open.get(fileOf(repository, source)) ?? source);
  }

  /** The system of a document, judged by itself. */
  function judgeDocument(document: OpenDocument): Promise<Judgement | undefined> {
    const found =
      judged.get(document.uri) ??
      attempt(() => judging.judge({ kind: 'document', document: textOf(document), overlay: overlay() }));
    judged.set(document.uri, found);
    return found;
  }

  async function judgeSystem(document: OpenDocument): Promise<void> {
    const started = generation;
    const found = await judgeDocument(document);
    if (found && started === generation) events.onFindings(found.findings, found.root === undefined);
  }

  async function judgeRepository(document: OpenDocument): Promise<void> {
    const started = generation;
    // Names that were typed meanwhile are offered from now on.
    if (lastLoaded.has(document.uri)) await load(document);
    const root = (await judgeDocument(document))?.root;
    if (root === undefined || started !== generation || judgedRoots.has(root)) return;
    judgedRoots.add(root);
    const began = performance.now();
    const all = await attempt(() => judging.judge({ kind: 'repository', root, overlay: overlay() }));
    if (!all) return;
    lastTook = performance.now() - began;
    if (started === generation) events.onFindings(all.findings, true);
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

function isLarge({ system: { sources } }: DocumentSystem): boolean {
  return sources.reduce((sum, { text }) => sum + text.length, 0) > largeText;
}

/** Lets the thread do what else there is, whenever it was kept for a while. */
function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < sliceMillis) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}

function textOf({ file, source: { path, text } }: OpenDocument): JudgedText {
  return { ...(file === undefined ? {} : { file }), path, text };
}

/** What a document's findings are kept under. */
export function keyOf({ file, uri }: OpenDocument): string {
  return file ?? uri;
}
