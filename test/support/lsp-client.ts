/** A client of the language server, as editors have it: the built program as a process, spoken to by the protocol's own library. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type CodeAction,
  type CompletionItem,
  createProtocolConnection,
  type Diagnostic,
  type DocumentSymbol,
  type FoldingRange,
  type Hover,
  type InitializeResult,
  type Location,
  type Position,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { startCli } from './cli.js';

export interface LspClient {
  readonly initialized: InitializeResult;
  readonly child: ChildProcess;
  /** What the server wrote to stderr, and messages that it showed. */
  readonly said: readonly string[];
  uri(name: string): string;
  open(name: string, text?: string): void;
  /** Replaces the first occurrence of a text in a document, as typing does. */
  type(name: string, from: string, to: string): void;
  text(name: string): string;
  close(name: string): void;
  /** The next diagnostics of a document that fit; fails after ten seconds. */
  diagnostics(name: string, fits?: (codes: readonly string[]) => boolean): Promise<readonly Diagnostic[]>;
  hover(name: string, at: string): Promise<string>;
  complete(name: string, behind: string): Promise<readonly CompletionItem[]>;
  definition(name: string, at: string): Promise<readonly Location[]>;
  references(name: string, at: string): Promise<readonly Location[]>;
  prepareRename(name: string, at: string): Promise<{ readonly placeholder: string } | null>;
  rename(name: string, at: string, to: string): Promise<WorkspaceEdit | null>;
  actions(name: string, at: string, only?: readonly string[]): Promise<readonly CodeAction[]>;
  format(name: string): Promise<readonly TextEdit[]>;
  foldings(name: string): Promise<readonly FoldingRange[]>;
  symbols(name: string): Promise<readonly DocumentSymbol[]>;
  /** Ends the session as an editor does, and gives the exit code. */
  exit(): Promise<number | null>;
}

interface Waiting {
  readonly uri: string;
  readonly fits: (codes: readonly string[]) => boolean;
  readonly resolve: (diagnostics: readonly Diagnostic[]) => void;
}

/** Starts the server for a folder. */
export async function startLsp(folder: string): Promise<LspClient> {
  const child = await startCli(['lsp', '--stdio'], { cwd: folder });
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => said.push(chunk));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  );
  const texts = new Map<string, { text: string; version: number }>();
  const latest = new Map<string, readonly Diagnostic[]>();
  let waiting: Waiting[] = [];
  connection.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }: PublishDiagnosticsParams) => {
    latest.set(uri, diagnostics);
    const codes = diagnostics.map(({ code }) => String(code));
    for (const each of waiting) if (each.uri === uri && each.fits(codes)) each.resolve(diagnostics);
    waiting = waiting.filter((each) => each.uri !== uri || !each.fits(codes));
  });
  connection.onNotification('window/showMessage', ({ message }: { message: string }) => {
    said.push(message);
  });
  connection.onRequest('client/registerCapability', () => null);
  connection.listen();
  const initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
  });
  await connection.sendNotification('initialized', {});

  const uriOf = (name: string) => (name.includes(':') ? name : pathToFileURL(path.join(folder, name)).href);
  const textOf = (name: string) => texts.get(uriOf(name))!.text;
  const positionOf = (text: string, offset: number): Position => {
    const before = text.slice(0, offset);
    return { line: before.split('\n').length - 1, character: offset - (before.lastIndexOf('\n') + 1) };
  };
  /** Into the middle of the first occurrence, so that a word is meant and not its neighbour. */
  const inside = (name: string, at: string): Position => {
    const start = textOf(name).indexOf(at);
    if (start < 0) throw new Error(`'${at}' is not in ${name}`);
    return positionOf(textOf(name), start + Math.floor(at.length / 2));
  };
  const ask = <T>(method: string, name: string, more: object): Promise<T> =>
    connection.sendRequest<T>(`textDocument/${method}`, { textDocument: { uri: uriOf(name) }, ...more });

  return {
    initialized,
    child,
    said,
    uri: uriOf,
    open(name, text = readFileSync(path.join(folder, name), 'utf8')) {
      texts.set(uriOf(name), { text, version: 1 });
      void connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri: uriOf(name), languageId: 'ipsec', version: 1, text },
      });
    },
    type(name, from, to) {
      const document = texts.get(uriOf(name))!;
      const start = document.text.indexOf(from);
      if (start < 0) throw new Error(`'${from}' is not in ${name}`);
      const range = { start: positionOf(document.text, start), end: positionOf(document.text, start + from.length) };
      document.text = document.text.slice(0, start) + to + document.text.slice(start + from.length);
      document.version += 1;
      latest.delete(uriOf(name));
      void connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: uriOf(name), version: document.version },
        contentChanges: [{ range, text: to }],
      });
    },
    text: textOf,
    close(name) {
      void connection.sendNotification('textDocument/didClose', { textDocument: { uri: uriOf(name) } });
    },
    diagnostics(name, fits = () => true) {
      const uri = uriOf(name);
      const known = latest.get(uri);
      if (known && fits(known.map(({ code }) => String(code)))) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const codes = latest.get(uri)?.map(({ code }) => code);
          reject(new Error(`no such diagnostics of ${name}; the last were ${JSON.stringify(codes)}; ${said.join('')}`));
        }, 20_000);
        waiting.push({
          uri,
          fits,
          resolve: (diagnostics) => {
            clearTimeout(timer);
            resolve(diagnostics);
          },
        });
      });
    },
    async hover(name, at) {
      const hover = await ask<Hover | null>('hover', name, { position: inside(name, at) });
      return hover ? (hover.contents as { value: string }).value : '';
    },
    async complete(name, behind) {
      const start = textOf(name).indexOf(behind);
      if (start < 0) throw new Error(`'${behind}' is not in ${name}`);
      return ask('completion', name, { position: positionOf(textOf(name), start + behind.length) });
    },
    definition: (name, at) => ask('definition', name, { position: inside(name, at) }),
    references: (name, at) =>
      ask('references', name, { position: inside(name, at), context: { includeDeclaration: true } }),
    prepareRename: (name, at) => ask('prepareRename', name, { position: inside(name, at) }),
    rename: (name, at, newName) => ask('rename', name, { position: inside(name, at), newName }),
    actions(name, at, only) {
      const position = inside(name, at);
      return ask('codeAction', name, {
        range: { start: position, end: position },
        context: { diagnostics: [], ...(only ? { only } : {}) },
      });
    },
    format: (name) => ask('formatting', name, { options: { tabSize: 4, insertSpaces: true } }),
    foldings: (name) => ask('foldingRange', name, {}),
    symbols: (name) => ask('documentSymbol', name, {}),
    async exit() {
      await connection.sendRequest('shutdown');
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      await connection.sendNotification('exit');
      connection.end();
      return ended;
    },
  };
}

/** A text after edits. */
export function edited(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split('\n');
  const offset = ({ line, character }: Position) =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (result, { range, newText }) => result.slice(0, offset(range.start)) + newText + result.slice(offset(range.end)),
      text,
    );
}
