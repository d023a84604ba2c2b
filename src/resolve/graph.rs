//! What refers to what: an order in which everything comes after what it refers to, or the loops that forbid one.

/// The nodes of a graph in an order in which each comes after those it points to; and one walk around each loop.
///
/// Nodes that only lead to a loop are in neither. Takes no recursion, so no file can make it deep.
pub(super) fn order(edges: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    if edges.iter().all(Vec::is_empty) {
        return ((0..edges.len()).collect(), Vec::new());
    }
    let mut pending: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (node, targets) in edges.iter().enumerate() {
        for target in targets {
            if let Some(users) = users.get_mut(*target) {
                users.push(node);
            }
        }
    }
    let mut order: Vec<usize> = (0..edges.len()).filter(|node| pending.get(*node) == Some(&0)).collect();
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        next += 1;
        for user in users.get(node).into_iter().flatten() {
            if let Some(count) = pending.get_mut(*user) {
                *count -= 1;
                if *count == 0 {
                    order.push(*user);
                }
            }
        }
    }
    (order, loops(edges, &pending))
}

/// One walk around each loop, from its first node in file order. What is left pending points to something pending, so
/// a walk along such edges must come back to itself.
fn loops(edges: &[Vec<usize>], pending: &[usize]) -> Vec<Vec<usize>> {
    let is_left = |node: &usize| pending.get(*node).is_some_and(|count| *count > 0);
    let mut walked: Vec<Option<usize>> = vec![None; edges.len()];
    let mut loops = Vec::new();
    for start in (0..edges.len()).filter(is_left) {
        let mut path = Vec::new();
        let mut node = start;
        while walked.get(node) == Some(&None) {
            if let Some(walk) = walked.get_mut(node) {
                *walk = Some(start);
            }
            path.push(node);
            let Some(next) = edges.get(node).into_iter().flatten().copied().find(is_left) else { break };
            node = next;
        }
        // Only a walk that met itself found a loop of its own; one that met an earlier walk leads to a known loop.
        if walked.get(node) == Some(&Some(start)) {
            let mut around: Vec<usize> = path.into_iter().skip_while(|passed| *passed != node).collect();
            let first = around.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
            around.rotate_left(first);
            loops.push(around);
        }
    }
    loops
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn everything_comes_after_what_it_refers_to() {
        let (order, loops) = order(&[vec![1, 2], vec![3], vec![3], vec![]]);
        assert_eq!(order, [3, 1, 2, 0]);
        assert!(loops.is_empty());
    }

    #[test]
    fn each_loop_is_told_once() {
        let (order, loops) = order(&[vec![1], vec![2], vec![1], vec![3], vec![], vec![0]]);
        assert_eq!(order, [4]);
        assert_eq!(loops, [vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_chain_of_a_million_takes_no_stack() {
        let edges: Vec<Vec<usize>> = (0..1_000_000).map(|node| vec![(node + 1) % 1_000_000]).collect();
        assert_eq!(order(&edges).1.len(), 1);
    }
}
