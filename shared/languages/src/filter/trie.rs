//! Many texts, found in one walk along another text.

/// A tree of bytes.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// The length of the longest text, in bytes.
    depth: usize,
}

#[derive(Debug, Default)]
struct Node {
    /// Sorted by byte.
    children: Vec<(u8, usize)>,
    /// The group of texts that begin with the bytes up to here.
    beginning: Option<usize>,
    /// The group of the text that ends here.
    whole: Option<usize>,
}

impl Default for Trie {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], depth: 0 }
    }
}

impl Trie {
    /// The group of texts that begin with `text`.
    pub(super) fn beginning(&mut self, text: impl Iterator<Item = u8>) -> &mut Option<usize> {
        let node = self.insert(text);
        &mut self.nodes[node].beginning
    }

    /// The group of `text` itself.
    pub(super) fn whole(&mut self, text: impl Iterator<Item = u8>) -> &mut Option<usize> {
        let node = self.insert(text);
        &mut self.nodes[node].whole
    }

    fn insert(&mut self, text: impl Iterator<Item = u8>) -> usize {
        let (mut node, mut depth) = (0, 0);
        for byte in text {
            let next = self.nodes.len();
            let children = &mut self.nodes[node].children;
            node = match children.binary_search_by_key(&byte, |(byte, _)| *byte) {
                Ok(at) => children[at].1,
                Err(at) => {
                    children.insert(at, (byte, next));
                    self.nodes.push(Node::default());
                    next
                }
            };
            depth += 1;
        }
        self.depth = self.depth.max(depth);
        node
    }

    pub(super) fn is_empty(&self) -> bool {
        let root = &self.nodes[0];
        root.children.is_empty() && root.beginning.is_none() && root.whole.is_none()
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Adds the groups of a text to `found`, and returns how many bytes were read.
    pub(super) fn walk(&self, text: impl Iterator<Item = u8>, found: &mut Vec<usize>) -> usize {
        let mut node = &self.nodes[0];
        found.extend(node.beginning);
        let mut walked = 0;
        for byte in text {
            walked += 1;
            let Ok(at) = node.children.binary_search_by_key(&byte, |(byte, _)| *byte) else {
                return walked;
            };
            node = &self.nodes[node.children[at].1];
            found.extend(node.beginning);
        }
        found.extend(node.whole);
        walked
    }
}
