import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import type { ConfigFile } from './schema.ts';

/** What the schema cannot say of detectors in shadow: that they have somebody to be compared with. */
export function shadowProblems(yaml: YamlFile<ConfigFile>): Problem[] {
  const { cameras, vision } = yaml.value;
  return vision.shadow.flatMap(({ model, active, cameras: named }, index) => {
    const path = ['vision', 'shadow', index];
    const problems: Problem[] = [];
    if (model === active) problems.push(yaml.problem([...path, 'model'], 'is the active one itself'));
    const judged = cameras.filter(({ models }) => models.includes(active)).map(({ id }) => id);
    if (judged.length === 0)
      problems.push(yaml.problem([...path, 'active'], `no camera is judged by ${active}`));
    named?.forEach((id, place) => {
      if (judged.length === 0 || judged.includes(id)) return;
      problems.push(yaml.problem([...path, 'cameras', place], `no camera ${id} that is judged by ${active}`));
    });
    return problems;
  });
}
