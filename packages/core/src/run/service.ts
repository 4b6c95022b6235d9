/** How the CLI starts a service: each `main.ts` exports `main(options)`. */
export interface ServiceOptions {
  /** Path of the installation file. */
  readonly config: string;
  /** Which entry of the service's section to be. */
  readonly name: string;
}
