/** What the process is told by its variables, as the application contract names them. */
export interface Settings {
  port: number;
  metricsPort: number;
  drainSeconds: number;
  keepAliveSeconds: number;
}

/** Throws where a variable is missing or is no number. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const count = (name: string): number => {
    const text = environment[name] ?? '';
    const value = Number(text);
    if (text === '' || !Number.isInteger(value) || value < 0) throw new Error(`${name} is no whole number`);
    return value;
  };
  return {
    port: count('PORT'),
    metricsPort: count('METRICS_PORT'),
    drainSeconds: count('SHUTDOWN_DRAIN_SECONDS'),
    keepAliveSeconds: count('HTTP_KEEP_ALIVE_SECONDS'),
  };
}
