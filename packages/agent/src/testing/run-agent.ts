/** Runs the agent as the CLI does, for tests: `node run-agent.ts <kaiku.yaml> <name>`. */
import { main } from '../main.ts';

const [, , config = '', name = ''] = process.argv;
await main({ config, name });
