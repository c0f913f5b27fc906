/** A headless Chromium, spoken to over a pipe in its own protocol (CDP): one page, what it logs, and what it asks the network for. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

const program = '/usr/bin/chromium';

/** Why there is none, or undefined. */
export const noChromium = existsSync(program) ? undefined : `${program} is not installed`;

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
  /** As on paper; on a screen unless told. */
  readonly media?: 'print';
}

export interface Browser {
  /** Errors and warnings of the page that is shown. */
  readonly complaints: readonly string[];
  /** What the page asked for, by URL. */
  readonly requests: readonly string[];
  open(file: string, view: View): Promise<void>;
  evaluate<T>(expression: string): Promise<T>;
  press(key: 'Tab' | 'Enter' | 'ArrowDown'): Promise<void>;
  screenshot(): Promise<Buffer>;
  /** The page as it would be printed. */
  pdf(): Promise<Buffer>;
  close(): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Starts the browser; `close` ends it. */
export async function startChromium(): Promise<Browser> {
  const profile = mkdtempSync(path.join(tmpdir(), 'ipsec-chromium-'));
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [input, output] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const waiting = new Map<number, (reply: Reply) => void>();
  const listeners = new Map<string, (params: never) => void>();
  let last = 0;
  let rest = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop() ?? '';
    for (const text of messages) {
      const reply = JSON.parse(text) as Reply;
      if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
      else if (reply.method !== undefined) listeners.get(reply.method)?.(reply.params as never);
    }
  });
  const send = <T>(method: string, params: object = {}, sessionId?: string): Promise<T> =>
    new Promise((resolve, reject) => {
      last += 1;
      const id = last;
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), 60_000);
      waiting.set(id, ({ error, result }) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result as T);
      });
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    });

  const complaints: string[] = [];
  const requests: string[] = [];
  const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
  const page = <T>(method: string, params: object = {}) => send<T>(method, params, sessionId);
  listeners.set('Runtime.consoleAPICalled', ({ type, args }: { type: string; args: { value?: unknown }[] }) => {
    complaints.push(`${type}: ${args.map(({ value }) => String(value)).join(' ')}`);
  });
  listeners.set('Runtime.exceptionThrown', ({ exceptionDetails }: { exceptionDetails: { text: string } }) => {
    complaints.push(exceptionDetails.text);
  });
  listeners.set('Log.entryAdded', ({ entry }: { entry: { level: string; text: string } }) => {
    complaints.push(`${entry.level}: ${entry.text}`);
  });
  listeners.set('Network.requestWillBeSent', ({ request }: { request: { url: string } }) => {
    requests.push(request.url);
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page(`${domain}.enable`);

  const browser: Browser = {
    complaints,
    requests,
    async open(file, { width, height, scheme, media = '' }) {
      complaints.length = 0;
      requests.length = 0;
      await page('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
      await page('Emulation.setEmulatedMedia', {
        media,
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      });
      const loaded = new Promise<void>((resolve) => listeners.set('Page.loadEventFired', () => resolve()));
      await page('Page.navigate', { url: `file://${file}` });
      await loaded;
    },
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await page<{
        result: { value: T };
        exceptionDetails?: { text: string; exception?: { description?: string } };
      }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async press(key) {
      const codes = { Tab: 9, Enter: 13, ArrowDown: 40 } as const;
      const text = key === 'Enter' ? { text: '\r' } : {};
      const event = { key, code: key, windowsVirtualKeyCode: codes[key] };
      await page('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...text });
      await page('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    async screenshot() {
      const { data } = await page<{ data: string }>('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(data, 'base64');
    },
    async pdf() {
      const { data } = await page<{ data: string }>('Page.printToPDF', { printBackground: true });
      return Buffer.from(data, 'base64');
    },
    async close() {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      void send('Browser.close').catch(() => {});
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return browser;
}
