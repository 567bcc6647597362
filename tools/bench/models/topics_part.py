"""Topics (latent Dirichlet allocation). scikit-learn and gensim iterate over a document's topics to a stopping rule of its own before the
topics' words move; here both move once a sweep. So three things are measured: CPU seconds to the bound that the peer has after its
passes, a sweep against such a pass, and a sweep against a pass whose inner rule is one iteration. The peers' bounds are
E_q[log p(words, theta, phi)] + entropy of their parameters, nats a word, by a function of this file."""
import csv
import pathlib
import shutil
import subprocess

import numpy as np
from scipy.special import gammaln, logsumexp, psi

from common import cpu_seconds, sweeps_until

ALPHA, ETA, PASSES = 0.1, 0.05, 10
root = pathlib.Path(__file__).resolve().parents[3]


def text(topics):
    return f"""description: topics
plates: {{n: {{size: data, weight: count}}, document: data, word: data, topic: {topics}}}
data:
  file: corpus.csv
  w[n]:   {{column: word, levels: word}}
  doc[n]: {{column: document, levels: document}}
model:
  theta[document]: dirichlet({ALPHA}, over = topic)
  phi[topic]:      dirichlet({ETA}, over = word)
  z[n]:            categorical(theta[doc])
  w[n]:            categorical(phi[z])
inference:
  initialize: {{phi: random}}
  schedule: [theta, z, phi]
  tolerance: 1e-14
"""


def corpus(bench):
    """The Bible's chapters where the text is installed, else the Gospels; as a matrix of counts."""
    import scipy.sparse

    path = bench.folder / "corpus.csv"
    if shutil.which("bible"):
        path.write_bytes(subprocess.run([str(root / "tools" / "make-corpus"), "--whole"], check=True, capture_output=True).stdout)
    else:
        bench.note("bible-kjv is not installed: the Gospels stand for the whole")
        shutil.copy(root / "configs" / "data" / "gospels.csv", path)
    with open(path) as file:
        rows = list(csv.DictReader(file))
    documents, words = ({name: i for i, name in enumerate(dict.fromkeys(r[key] for r in rows))} for key in ("document", "word"))
    counts = [float(r["count"]) for r in rows]
    at = ([documents[r["document"]] for r in rows], [words[r["word"]] for r in rows])
    matrix = scipy.sparse.csr_matrix((counts, at), shape=(len(documents), len(words)))
    bench.note(f"{matrix.shape[0]} documents, {matrix.shape[1]} words, {matrix.nnz} pairs, {int(matrix.sum())} tokens")
    return matrix


def dirichlet_part(prior, concentration):
    """E[log p] + entropy of Dirichlet factors, one a row; and their E[log x]."""
    total = concentration.sum(axis=1)
    expected = psi(concentration) - psi(total)[:, None]
    k = concentration.shape[1]
    value = ((prior - concentration) * expected).sum() + gammaln(concentration).sum() - gammaln(total).sum()
    return value + len(concentration) * (gammaln(k * prior) - k * gammaln(prior)), expected


def bound_a_word(counts, documents, topics):
    """The bound at factors theta ~ Dirichlet(documents), phi ~ Dirichlet(topics), each z at its optimum."""
    first, log_theta = dirichlet_part(ALPHA, documents.astype(float))
    second, log_phi = dirichlet_part(ETA, topics.astype(float))
    value = first + second
    coo = counts.tocoo()
    for begin in range(0, coo.nnz, 1 << 14):
        part = slice(begin, begin + (1 << 14))
        value += coo.data[part] @ logsumexp(log_theta[coo.row[part]] + log_phi[:, coo.col[part]].T, axis=1)
    return value / counts.sum()


def sklearn_passes(counts, topics, passes, inner=100, tolerance=1e-3):
    from sklearn.decomposition import LatentDirichletAllocation

    model = LatentDirichletAllocation(topics, doc_topic_prior=ALPHA, topic_word_prior=ETA, learning_method="batch", max_iter=passes,
                                      max_doc_update_iter=inner, mean_change_tol=tolerance, evaluate_every=-1, random_state=1)
    return cpu_seconds(lambda: model.fit(counts))[0], model


def gensim_passes(counts, topics, passes):
    from gensim.matutils import Sparse2Corpus
    from gensim.models import LdaModel

    documents = list(Sparse2Corpus(counts, documents_columns=False))
    work = lambda: LdaModel(documents, num_topics=topics, id2word={i: str(i) for i in range(counts.shape[1])}, alpha=[ALPHA] * topics,
                            eta=ETA, passes=passes, update_every=0, chunksize=len(documents), eval_every=None, random_state=1,
                            dtype=np.float64)
    seconds, model = cpu_seconds(work)
    return seconds, model, documents


def against(bench, ours, tokens, name, topics, seconds, bound, goal):
    reached = sweeps_until(ours, bound * tokens)
    if reached is None:
        bench.fact(f"topics, K = {topics}: the bound of {name} after {PASSES} passes ({bound:.4f})", False)
        return
    bench.line(f"topics, K = {topics}: to the bound of {name} after {PASSES} passes ({bound:.4f} a word)", reached[0], seconds, goal)
    bench.note(f"{reached[1]} sweeps for {PASSES} passes; after all {ours['sweeps']:.0f} sweeps {ours['final_bound'] / tokens:.4f}")


def run(bench):
    counts = corpus(bench)
    tokens = counts.sum()
    for topics, goal in ((20, 12), (100, 8)):
        ours = bench.model("topics", text(topics), 200)
        bench.note(f"K = {topics}: {ours['sweep'] * 1e3:.2f} ms a sweep, {counts.nnz * topics / ours['sweep'] / 1e9:.2f} G (pairs x topics) / s")
        if bench.peer("sklearn"):
            seconds, model = sklearn_passes(counts, topics, PASSES)
            documents = model._unnormalized_transform(counts)
            bound = bound_a_word(counts, documents, model.components_)
            bench.line(f"topics, K = {topics}: a sweep against a pass of scikit-learn (inner iterations to its rule)", ours["sweep"],
                       seconds / PASSES, goal)
            against(bench, ours, tokens, "scikit-learn", topics, seconds, bound, goal)
            single = (sklearn_passes(counts, topics, 6, 1, 0)[0] - sklearn_passes(counts, topics, 1, 1, 0)[0]) / 5
            bench.line(f"topics, K = {topics}: a sweep against a pass of scikit-learn with one inner iteration", ours["sweep"], single, 1)
        if bench.peer("gensim"):
            seconds, model, documents = gensim_passes(counts, topics, PASSES)
            bound = bound_a_word(counts, model.inference(documents)[0], model.state.get_lambda())
            bench.line(f"topics, K = {topics}: a sweep against a pass of gensim (inner iterations to its rule)", ours["sweep"],
                       seconds / PASSES, 6)
            against(bench, ours, tokens, "gensim", topics, seconds, bound, 6)
