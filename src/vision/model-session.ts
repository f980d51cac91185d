import { InferenceSession } from 'onnxruntime-node';
import type { ModelExecution } from '../domain/model-execution.ts';

/**
 * Opens a graph on what it is to run on. Where that is not there, it runs on the processor and `onFallback` is told why,
 * unless it is `required`. Rejects with words that follow the file's name.
 */
export async function openSession(
  path: string,
  { threads = 1, execution_provider = 'cpu', required = false }: ModelExecution,
  onFallback?: (reason: string) => void,
): Promise<InferenceSession> {
  const open = (provider: string): Promise<InferenceSession> =>
    InferenceSession.create(path, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
  if (execution_provider !== 'cpu') {
    try {
      return await open(execution_provider);
    } catch (error) {
      const reason = `cannot run on ${execution_provider}: ${lastLine(error)}`;
      if (required) throw new Error(reason, { cause: error });
      onFallback?.(reason);
    }
  }
  try {
    return await open('cpu');
  } catch (error) {
    throw new Error(`is not a usable ONNX model: ${lastLine(error)}`, { cause: error });
  }
}

/** What a person needs of the native library's several lines. */
export function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
