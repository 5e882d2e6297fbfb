//! A drawn topology tidied as FARSI does before it simulates, and the order in which tasks are started.

use super::SocError;
use super::block::{Block, MemoryKind};
use super::design::Soc;
use super::wiring::Wiring;
use super::workload::Workload;

/// Tidies a drawn design: links between interconnects that have no task in common go, and so do interconnects that
/// only pass data on. Blocks come in depth-first order from the processing element `root`, unconnected ones are left
/// out, and tasks start in the order of the blocks. `launch_order` of the drawn design is not read. Returns the design,
/// and for each of its blocks the drawn one.
///
/// # Errors
/// A design that is no system, or a processing element with tasks that is not connected to `root` in the end.
pub fn arrange(drawn: &Soc, root: usize, workload: &Workload) -> Result<(Soc, Vec<usize>), SocError> {
    let mut design = Soc { launch_order: (0..workload.tasks().len()).collect(), ..drawn.clone() };
    if !design.blocks.get(root).is_some_and(Block::is_pe) {
        return Err(SocError::design(format!(
            "block {root}, where the order starts, is no processing element"
        )));
    }
    let mut wiring = Wiring::default();
    wiring.read(&design, workload)?;
    wiring.check_ways(&design, workload)?;
    let mut graph = Graph::new(&design);
    graph.cut_idle_links(&wiring, &design, workload);
    graph.prune(root);
    let order = graph.preorder(root);
    design = renumbered(&design, &graph, &order, workload)?;
    wiring.read(&design, workload)?;
    wiring.check_ways(&design, workload)?;
    design.launch_order = launch_order(&design, &wiring, workload);
    Ok((design, order))
}

/// FARSI's first design: one processor, the slowest interconnect and the slowest memory, with everything on them.
#[must_use]
pub fn starting_point(workload: &Workload) -> Soc {
    let (width_bytes, clock) = (4, 1);
    let drawn = Soc {
        blocks: vec![
            Block::Processor,
            Block::Interconnect { width_bytes, clock },
            Block::Memory { kind: MemoryKind::Dram, width_bytes, clock },
        ],
        links: vec![[0, 1], [1, 2]],
        task_pe: vec![0; workload.tasks().len()],
        edge_memory: vec![2; workload.edges().len()],
        launch_order: (0..workload.tasks().len()).collect(),
    };
    arrange(&drawn, 0, workload).map_or(drawn, |(design, _)| design)
}

/// Neighbours of every block, in the order in which links were drawn.
struct Graph<'a> {
    blocks: &'a [Block],
    neighbours: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn new(design: &'a Soc) -> Self {
        let mut graph = Self { blocks: &design.blocks, neighbours: vec![Vec::new(); design.blocks.len()] };
        design.links.iter().for_each(|[a, b]| graph.tie(*a, *b));
        graph
    }

    fn tie(&mut self, a: usize, b: usize) {
        for (at, other) in [(a, b), (b, a)] {
            if !self.neighbours[at].contains(&other) {
                self.neighbours[at].push(other);
            }
        }
    }

    fn cut(&mut self, a: usize, b: usize) {
        self.neighbours[a].retain(|other| *other != b);
        self.neighbours[b].retain(|other| *other != a);
    }

    /// The neighbours of a kind.
    fn among(&self, block: usize, is: fn(&Block) -> bool) -> Vec<usize> {
        self.neighbours[block].iter().copied().filter(|other| is(&self.blocks[*other])).collect()
    }

    fn cut_idle_links(&mut self, wiring: &Wiring, design: &Soc, workload: &Workload) {
        let hosted = |block: usize| wiring.hosted(block, design, workload);
        let masks: Vec<u64> = (0..self.blocks.len()).map(hosted).collect();
        for a in (0..self.blocks.len()).filter(|block| self.blocks[*block].is_interconnect()) {
            for b in self.among(a, Block::is_interconnect) {
                if masks[a] & masks[b] == 0 {
                    self.cut(a, b);
                }
            }
        }
    }

    /// One pass over the interconnects; each is judged on the graph as changed so far.
    fn prune(&mut self, root: usize) {
        for block in self.preorder(root) {
            if !self.blocks[block].is_interconnect() {
                continue;
            }
            let memories = self.among(block, Block::is_memory);
            let pes = self.among(block, Block::is_pe);
            let others = self.among(block, Block::is_interconnect);
            let heirs = match (memories.is_empty(), pes.is_empty(), others.len()) {
                (true, true, _) => others.get(1..).unwrap_or_default().to_vec(),
                (true, false, 1) => pes,
                (false, true, 1) => memories,
                _ => continue,
            };
            self.neighbours[block].clone().into_iter().for_each(|other| self.cut(block, other));
            if let Some(receiver) = others.first() {
                heirs.into_iter().for_each(|heir| self.tie(*receiver, heir));
            }
        }
    }

    /// Blocks in depth-first order.
    fn preorder(&self, root: usize) -> Vec<usize> {
        let (mut order, mut stack) = (Vec::new(), vec![root]);
        while let Some(block) = stack.pop() {
            if !order.contains(&block) {
                order.push(block);
                stack.extend(self.neighbours[block].iter().rev().filter(|other| !order.contains(other)));
            }
        }
        order
    }
}

/// The design with its blocks in the order given; others are left out.
fn renumbered(
    design: &Soc,
    graph: &Graph<'_>,
    order: &[usize],
    workload: &Workload,
) -> Result<Soc, SocError> {
    let place_of = |block: usize| order.iter().position(|other| *other == block);
    let lost = |what: &str| SocError::design(format!("{what} is not connected to the rest of the system"));
    let mut links = Vec::new();
    for (place, block) in order.iter().enumerate() {
        let later = graph.neighbours[*block].iter().filter_map(|other| place_of(*other));
        links.extend(later.filter(|other| *other > place).map(|other| [place, other]));
    }
    let task_pe = design.task_pe.iter().zip(workload.tasks()).map(|(block, task)| {
        place_of(*block).ok_or_else(|| lost(&format!("the block of task `{}`", task.name)))
    });
    let edge_memory = design
        .edge_memory
        .iter()
        .map(|block| place_of(*block).ok_or_else(|| lost(&format!("memory {block}, which holds data,"))));
    Ok(Soc {
        blocks: order.iter().map(|block| design.blocks[*block]).collect(),
        links,
        task_pe: task_pe.collect::<Result<_, _>>()?,
        edge_memory: edge_memory.collect::<Result<_, _>>()?,
        launch_order: design.launch_order.clone(),
    })
}

/// Tasks in the order in which the blocks name them first. A processing element names its own; an interconnect those
/// whose data pass it, on a depth-first walk of the task graph from the source.
fn launch_order(design: &Soc, wiring: &Wiring, workload: &Workload) -> Vec<usize> {
    let (mut order, mut named) = (Vec::with_capacity(workload.tasks().len()), 0u64);
    let mut name = |task: usize| {
        if named >> task & 1 == 0 {
            named |= 1 << task;
            order.push(task);
        }
    };
    for (place, block) in design.blocks.iter().enumerate() {
        if block.is_pe() {
            let own = design.task_pe.iter().enumerate().filter(|(_, pe)| **pe == place);
            own.for_each(|(task, _)| name(task));
        } else if block.is_interconnect() {
            for (edge, from, to) in walk(workload) {
                let memory = design.edge_memory[edge];
                let passes = |task: usize| wiring.passes(place, task, memory, design);
                [from, to].into_iter().filter(|task| passes(*task)).for_each(&mut name);
            }
        }
    }
    order
}

/// Edges with writer and reader in the order of a depth-first walk that visits each task once.
fn walk(workload: &Workload) -> Vec<(usize, usize, usize)> {
    let (mut walked, mut visited) = (Vec::with_capacity(workload.edges().len()), 1u64 << workload.source());
    let mut stack: Vec<_> = vec![workload.writes(workload.source())];
    while let Some(edges) = stack.last_mut() {
        let Some(edge) = edges.next() else {
            stack.pop();
            continue;
        };
        let row = &workload.edges()[edge];
        walked.push((edge, row.from, row.to));
        if visited >> row.to & 1 == 0 {
            visited |= 1 << row.to;
            stack.push(workload.writes(row.to));
        }
    }
    walked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus() -> Block {
        Block::Interconnect { width_bytes: 4, clock: 1 }
    }

    fn memory() -> Block {
        Block::Memory { kind: MemoryKind::Dram, width_bytes: 4, clock: 1 }
    }

    fn on(blocks: Vec<Block>, links: Vec<[usize; 2]>, pe: usize, memory: usize) -> Result<Soc, SocError> {
        let workload = Workload::built_in("edge-detection").unwrap();
        let drawn = Soc {
            blocks,
            links,
            task_pe: vec![pe; workload.tasks().len()],
            edge_memory: vec![memory; workload.edges().len()],
            launch_order: Vec::new(),
        };
        arrange(&drawn, pe, &workload).map(|(design, _)| design)
    }

    #[test]
    fn a_bus_without_memory_hands_its_processors_on() {
        let blocks = vec![Block::Processor, bus(), bus(), memory()];
        let design = on(blocks, vec![[0, 1], [1, 2], [2, 3]], 0, 3).unwrap();
        assert_eq!(design.blocks.len(), 3);
        assert_eq!(design.links, [[0, 1], [1, 2]]);
    }

    #[test]
    fn a_bus_between_two_others_goes_and_ties_them() {
        let blocks = vec![Block::Processor, bus(), bus(), bus(), memory(), memory()];
        // The far bus has a processing element without tasks, so that it stays.
        let mut blocks = blocks;
        blocks.push(Block::Processor);
        let links = vec![[0, 1], [1, 4], [1, 2], [2, 3], [3, 5], [3, 6]];
        let design = on(blocks, links, 0, 5).unwrap();
        assert_eq!(design.blocks.iter().filter(|block| block.is_interconnect()).count(), 2);
    }

    #[test]
    fn blocks_that_nothing_leads_to_are_left_out() {
        let blocks = vec![Block::Processor, bus(), memory(), Block::Processor, bus()];
        let design = on(blocks, vec![[0, 1], [1, 2], [3, 4]], 0, 2).unwrap();
        assert_eq!(design.blocks.len(), 3);
    }

    #[test]
    fn a_memory_out_of_reach_is_an_error() {
        let blocks = vec![Block::Processor, bus(), memory(), bus()];
        let error = on(blocks, vec![[0, 1], [2, 3]], 0, 2).unwrap_err();
        assert!(error.to_string().contains("no route from its block 0 to memory 2"), "{error}");
    }

    #[test]
    fn the_first_design_is_one_block_of_each_kind() {
        let design = starting_point(&Workload::built_in("audio-decoder").unwrap());
        assert_eq!(design.blocks.len(), 3);
        assert_eq!(design.launch_order, (0..18).collect::<Vec<_>>());
    }
}
