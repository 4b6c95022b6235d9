/**
 * A server in a container that a test owns, on a Docker engine, by testcontainers: started, killed, started again
 * with or without what it had stored. What it stores lies in the container's own layer: it survives a kill and
 * goes with the container. Its ports keep their numbers on the host.
 *
 * Images are never pulled: `deploy/containers/build.sh` makes them.
 */
import { execFileSync } from 'node:child_process';
import type * as Library from 'testcontainers';
import type { ContainerRuntimeClient, WaitStrategy } from 'testcontainers';
import { ServerStartError } from '../errors.ts';
import { waitFor } from './wait.ts';

export interface ContainerSpec {
  readonly image: string;
  /** The image's own when absent. */
  readonly command?: readonly string[];
  readonly ports: readonly { readonly container: number; readonly host: number; readonly protocol: 'tcp' | 'udp' }[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Host folders it sees, read-only, where they lie on the host. */
  readonly folders?: readonly string[];
  readonly ready: () => boolean | Promise<boolean>;
  readonly readyMs: number;
}

export interface ServerContainer {
  /** Ends it and removes it with its data. Idempotent. */
  readonly stop: () => Promise<void>;
  /** SIGKILL, at once; the data stays. */
  readonly kill: () => Promise<void>;
  readonly restart: (options?: { readonly wipe?: boolean }) => Promise<void>;
}

/** Tests are to use containers, also where the servers are installed. */
export function containersWanted(): boolean {
  return process.env['KAIKU_TEST_SERVERS'] === 'containers';
}

/** Why containers cannot be used here; undefined when they can. */
export async function containersMissing(...images: readonly string[]): Promise<string | undefined> {
  let engine;
  try {
    engine = await docker();
  } catch {
    return 'no Docker engine answers: start dockerd, or set DOCKER_HOST';
  }
  for (const image of images) {
    const found = await engine
      .getImage(image)
      .inspect()
      .catch(() => undefined);
    if (found === undefined) return `there is no image ${image}: deploy/containers/build.sh makes it`;
  }
  return undefined;
}

/** @throws ServerStartError when there is no engine or image, or it is not ready in time */
export async function startContainer(spec: ContainerSpec): Promise<ServerContainer> {
  const missing = await containersMissing(spec.image);
  if (missing !== undefined) throw new ServerStartError(`${spec.image} cannot run: ${missing}`, { hint: missing });
  const engine = await docker();
  let id = await create(spec);
  let gone = false;
  // Should the test's own process end without stopping it, it ends too.
  const orphan = (): void => {
    execFileSync('docker', ['rm', '--force', '--volumes', id], { stdio: 'ignore' });
  };
  process.once('exit', orphan);
  const running = async (): Promise<boolean> => (await engine.getContainer(id).inspect()).State.Running;
  const remove = (): Promise<unknown> => engine.getContainer(id).remove({ force: true, v: true });
  const stop = async (): Promise<void> => {
    if (gone) return;
    gone = true;
    process.removeListener('exit', orphan);
    await remove();
  };
  const ready = async (): Promise<void> => {
    try {
      await waitFor(spec.ready, spec.readyMs, `${spec.image} to be ready`);
    } catch (cause) {
      const output = await engine.getContainer(id).logs({ stdout: true, stderr: true, tail: 50 });
      await stop();
      throw new ServerStartError(`${spec.image} is not ready: ${output.toString()}`, { cause });
    }
  };
  await ready();
  return {
    stop,
    kill: async () => {
      if (!(await running())) return;
      await engine.getContainer(id).kill({ signal: 'SIGKILL' });
      await waitFor(async () => !(await running()), spec.readyMs, `${spec.image} to be killed`);
    },
    restart: async ({ wipe = false } = {}) => {
      if (wipe) {
        await remove();
        id = await create(spec);
      } else {
        if (await running()) await engine.getContainer(id).stop();
        await engine.getContainer(id).start();
      }
      await ready();
    },
  };
}

/** Creates and starts one; answers its id. */
async function create({ image, command, ports, files, folders = [], readyMs }: ContainerSpec): Promise<string> {
  const { GenericContainer } = await library();
  // Ready is what `ready` says: a mapped port answers before the server behind it does.
  const atOnce: WaitStrategy = {
    waitUntilReady: () => Promise.resolve(),
    withStartupTimeout: () => atOnce,
    isStartupTimeoutSet: () => true,
    getStartupTimeout: () => readyMs,
  };
  const container = new GenericContainer(image)
    .withExposedPorts(...ports)
    .withCopyContentToContainer(files.map(({ path, text }) => ({ target: path, content: text })))
    .withBindMounts(folders.map((folder) => ({ source: folder, target: folder, mode: 'ro' })))
    // A container that was killed must be there to be started again.
    .withAutoRemove(false)
    .withWaitStrategy(atOnce);
  const started = await (command === undefined ? container : container.withCommand([...command])).start();
  return started.getId();
}

/** Loaded only where a test runs a container. Its reaper would be one more image: ours are removed by us. */
async function library(): Promise<Pick<typeof Library, 'GenericContainer' | 'getContainerRuntimeClient'>> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  return import('testcontainers');
}

async function docker(): Promise<ContainerRuntimeClient['container']['dockerode']> {
  const { getContainerRuntimeClient } = await library();
  return (await getContainerRuntimeClient()).container.dockerode;
}
